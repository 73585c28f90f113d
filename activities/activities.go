// Package activities is what a claim does to the world: steps on its rows, and
// calls to the bank, the object store, the gateways and the page reader.
//
// A step ([claim.Step] in, [claim.Answer] out) is one transaction and runs as a
// local activity, or as an ordinary one where a person decides or money is
// released. It is idempotent by its key. Everything else is one remote call,
// and says in its comment by what it is idempotent. No activity does both.
package activities

import (
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/minio/minio-go/v7"

	"anpei/claim"
	"anpei/internal/gateway"
	"anpei/schemas/db"
)

// Activities serves queue "claims". Its fields are set in main.
type Activities struct {
	DB       *pgxpool.Pool
	Bank     Bank
	Store    *minio.Client
	Bucket   string // locked and versioned
	Gateway  gateway.Gateway
	FontFile string // TrueType, with Chinese

	Insurer claim.Insurer // whom messages and letters name
	Pages   string        // where browsers reach the pages, without a slash at the end: messages link there

	PseudonymKey []byte // of claimants' principals, see [claim.Pseudonyms]; as the API has it

	q      *db.Queries
	late   sync.Map // how often a step has run into its limit, an *atomic.Int32 by claim and key
	tables struct {
		sync.Mutex
		ruleTables
	}
}

// OCR serves queue "claims-ocr".
type OCR struct {
	DB       *pgxpool.Pool // where pictures are entered; see [OCR.enter]
	Store    *minio.Client
	Bucket   string // locked and versioned
	Staging  string // unlocked: photos of drafts
	Previews string // unlocked: pictures of pages
	Scratch  string // folder for files in hand; the system's for temporary files when empty
	Reader   PageReader

	q *db.Queries
}
