// Package claimant is the pages of claimants: to report a loss, by hand or by
// photos, and all that a claim asks of them until they are paid.
package claimant

import (
	"embed"

	"anpei/api/web/site"
)

// Files are the templates and words of these pages.
//
//go:embed templates/*.html words/*.json
var Files embed.FS

func init() { site.AddWords(Files) }

// Routes are the pages of claimants: to report a loss, and all that a
// claim asks of them.
func Routes(handle site.Handle) {
	handle("GET /{$}", site.Claimants, home)
	handle("GET /track", site.Claimants, trackForm)
	handle("POST /track", site.Claimants, track)
	handle("GET /track/code", site.Claimants, codeForm)
	handle("POST /track/code", site.Claimants, enterCode)
	handle("GET /c/{claim}", site.Claimants, claimPage)

	handle("GET /report", site.Claimants, report)
	handle("POST /report", site.Claimants, reportPhone)
	handle("GET /report/scan", site.Claimants, scanForm)
	handle("POST /report/scan", site.Claimants, sendScan)
	handle("GET /report/scan/{paper}", site.Claimants, scanPhoto)
	handle("GET /report/scan/{paper}/preview", site.Claimants, site.ScanPreview)
	handle("GET /report/{step}", site.Claimants, reportStep)
	handle("POST /report/{step}", site.Claimants, keepStep)
	handle("POST /report/check", site.Claimants, sendReport)
	handle("POST /report/discard", site.Claimants, discardReport)

	handle("GET /c/{claim}/sent", site.Claimants, sentPage)
	handle("GET /c/{claim}/live", site.Claimants, live)
	handle("GET /c/{claim}/photos", site.Claimants, photos)
	handle("POST /c/{claim}/photos", site.Claimants, sendPhotos)
	handle("GET /c/{claim}/papers", site.Claimants, papers)
	handle("POST /c/{claim}/papers", site.Claimants, sendPapers)
	handle("GET /c/{claim}/documents/{document}", site.Claimants, fileContent)
	handle("GET /c/{claim}/documents/{document}/preview", site.Claimants, site.DocumentPreview)
	handle("POST /c/{claim}/files", site.Claimants, announceFile)
	handle("PATCH /c/{claim}/files/{upload}", site.Claimants, sendChunk)
	handle("POST /c/{claim}/attach", site.Claimants, attachFiles)

	handle("GET /c/{claim}/amount", site.Claimants, amount)
	handle("POST /c/{claim}/amount", site.Claimants, agree)
	handle("GET /c/{claim}/objection", site.Claimants, toAmount)
	handle("POST /c/{claim}/objection", site.Claimants, object)
	handle("GET /c/{claim}/payee", site.Claimants, toAmount)
	handle("POST /c/{claim}/payee", site.Claimants, correctPayee)
	handle("GET /c/{claim}/letters", site.Claimants, letters)
	handle("GET /c/{claim}/letters/{letter}", site.Claimants, letterContent)

	handle("GET /c/{claim}/withdraw", site.Claimants, askWithdrawal)
	handle("POST /c/{claim}/withdraw", site.Claimants, withdraw)
	handle("GET /c/{claim}/visit", site.Claimants, askVisit)
	handle("POST /c/{claim}/visit", site.Claimants, convert)
}

// toAmount leads from the address of a form back to its page: whoever changes
// the language after an answer, or reloads, stays on it.
func toAmount(v *site.Visit) error { return v.Redirect("/c/" + v.R.PathValue("claim") + "/amount") }
