package web

import (
	"anpei/claim"
	"anpei/schemas/rest"
)

// claimantRoutes are the pages of claimants: to report a loss, and all that a
// claim asks of them.
func (s *Site) claimantRoutes(handle func(pattern string, of audience, do page)) {
	handle("GET /report", claimants, report)
	handle("POST /report", claimants, reportPhone)
	handle("GET /report/scan", claimants, scanForm)
	handle("POST /report/scan", claimants, sendScan)
	handle("GET /report/scan/{paper}", claimants, scanPhoto)
	handle("GET /report/scan/{paper}/preview", claimants, scanPreview)
	handle("GET /report/{step}", claimants, reportStep)
	handle("POST /report/{step}", claimants, keepStep)
	handle("POST /report/check", claimants, sendReport)
	handle("POST /report/discard", claimants, discardReport)

	handle("GET /c/{claim}/sent", claimants, sentPage)
	handle("GET /c/{claim}/live", claimants, live)
	handle("GET /c/{claim}/photos", claimants, photos)
	handle("POST /c/{claim}/photos", claimants, sendPhotos)
	handle("GET /c/{claim}/papers", claimants, papers)
	handle("POST /c/{claim}/papers", claimants, sendPapers)
	handle("GET /c/{claim}/documents/{document}", claimants, fileContent)
	handle("GET /c/{claim}/documents/{document}/preview", claimants, documentPreview)
	handle("POST /c/{claim}/files", claimants, announceFile)
	handle("PATCH /c/{claim}/files/{upload}", claimants, sendChunk)
	handle("POST /c/{claim}/attach", claimants, attachFiles)

	handle("GET /c/{claim}/amount", claimants, amount)
	handle("POST /c/{claim}/amount", claimants, agree)
	handle("GET /c/{claim}/objection", claimants, toAmount)
	handle("POST /c/{claim}/objection", claimants, object)
	handle("GET /c/{claim}/payee", claimants, toAmount)
	handle("POST /c/{claim}/payee", claimants, correctPayee)
	handle("GET /c/{claim}/letters", claimants, letters)
	handle("GET /c/{claim}/letters/{letter}", claimants, letterContent)

	handle("GET /c/{claim}/withdraw", claimants, askWithdrawal)
	handle("POST /c/{claim}/withdraw", claimants, withdraw)
	handle("GET /c/{claim}/visit", claimants, askVisit)
	handle("POST /c/{claim}/visit", claimants, convert)
}

// toAmount leads from the address of a form back to its page: whoever changes
// the language after an answer, or reloads, stays on it.
func toAmount(v *visit) error { return v.redirect("/c/" + v.r.PathValue("claim") + "/amount") }

// needWay is the page on which a claimant does what is asked of them, or
// nothing where the words are enough.
func needWay(c rest.Claim, need rest.Missing) string {
	at := "/c/" + c.Number
	switch {
	case need.From != claim.Claimant:
		return ""
	case need.What == "loss_photo":
		return at + "/photos"
	case need.What == "consent", need.What == "agreement", need.What == "payee":
		return at + "/amount"
	case zh.has("doc." + need.What):
		return at + "/papers"
	}
	return ""
}
