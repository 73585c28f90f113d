// Package access tells who asks and what they may: tokens of the identity
// provider, sessions of staff and claimants, the cedar policies of
// schemas/policies, a claim as a decision sees it, and the log of attempts that
// a policy refused.
package access

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/cedar-policy/cedar-go"
	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"anpei/api/contract"
	"anpei/claim"
	"anpei/internal/boot"
	"anpei/internal/cache"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// Caller is who asks.
type Caller struct {
	ID     claim.Principal // the identity provider's subject, or a claimant's pseudonym
	Role   claim.Role
	Branch string
	Level  claim.Level
	Name   string    // of staff; the masked phone of a claimant
	Claim  *claim.ID // the one claim that a claimant's session is bound to

	ClaimantPhone string // as it was proven; empty for staff
	OwnPhone      string // also a member of staff's, to tell whether they are a party

	entity *cedar.Entity // as policies see them
}

// Everywhere reports whether the caller's branch sees all branches.
func (p Caller) Everywhere() bool { return p.Branch == claim.HeadOffice }

var nobody = Caller{entity: &cedar.Entity{UID: cedar.EntityUID{Type: "Anonymous", ID: "anonymous"}}}

// Staff is a member of staff as a caller.
func Staff(names claim.Pseudonyms, row db.StaffForAccessRow) Caller {
	p := Caller{ID: row.ID, Role: row.Role, Branch: row.Branch, Level: row.Level, Name: row.Name, OwnPhone: row.Phone}
	party := ""
	if row.Phone != "" {
		party = string(names.Of(row.Phone))
	}
	p.entity = &cedar.Entity{
		UID: cedar.EntityUID{Type: "Staff", ID: cedar.String(p.ID)},
		Attributes: cedar.NewRecord(cedar.RecordMap{
			"id": cedar.String(p.ID), "role": cedar.String(p.Role), "branch": cedar.String(p.Branch), "level": cedar.Long(p.Level),
			"everywhere": cedar.Boolean(p.Everywhere()), "party": cedar.String(party),
		}),
	}
	return p
}

// Claimant is a phone that was proven as a caller, of one claim where one is named.
func Claimant(names claim.Pseudonyms, phone string, bound claim.ID) Caller {
	p := Caller{ID: names.Of(phone), Role: claim.Claimant, Name: claim.MaskPhone(phone), ClaimantPhone: phone, OwnPhone: phone}
	if bound != "" {
		p.Claim = &bound
	}
	p.entity = &cedar.Entity{
		UID: cedar.EntityUID{Type: "Claimant", ID: cedar.String(p.ID)},
		Attributes: cedar.NewRecord(cedar.RecordMap{
			"id": cedar.String(p.ID), "role": cedar.String(p.Role), "bound": cedar.String(bound),
		}),
	}
	return p
}

// RememberedFor is how long a session or a member of staff is remembered: a change
// acts within this time.
const RememberedFor = 3 * time.Second

// trustFor is how long a token that was verified is not verified again: a key
// that the identity provider withdraws stops working within this time.
const trustFor = 5 * time.Minute

// Control tells who a request comes from, and what the policies let them do.
type Control struct {
	pool     *pgxpool.Pool
	queries  *db.Queries
	logger   *slog.Logger
	policies policies
	issuer   string
	aud      string
	secret   []byte // of codes and session tokens; see derive
	names    claim.Pseudonyms
	sendCode SendCode
	behind   sync.WaitGroup // codes on their way

	tokens   *cache.Cache[[sha256.Size]byte, string] // subject of a verified token
	members  *cache.Cache[claim.Principal, member]
	sessions *cache.Cache[[sha256.Size]byte, session]
	numbers  *cache.Cache[string, claim.ID]
	callers  limits // by address

	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier
}

// SendCode sends the code of a request, which has this id, by SMS: it holds for
// so long.
type SendCode func(ctx context.Context, id string, to rest.PhoneCodeRequest, code string, holds time.Duration) error

// New returns the control of a process. It fails when a policy cannot be
// read.
func New(cfg boot.Config, names claim.Pseudonyms, pool *pgxpool.Pool, q *db.Queries, log *slog.Logger, send SendCode) (*Control, error) {
	rules, err := loadPolicies()
	if err != nil {
		return nil, err
	}
	return &Control{
		pool: pool, queries: q, logger: log, policies: rules, issuer: cfg.Issuer, aud: cfg.Audience,
		secret: derive(cfg, "claimant sessions"), names: names, sendCode: send,
		tokens:   cache.New[[sha256.Size]byte, string](4096),
		members:  cache.New[claim.Principal, member](4096),
		sessions: cache.New[[sha256.Size]byte, session](16384),
		numbers:  cache.New[string, claim.ID](16384),
		callers:  newLimits(),
	}, nil
}

// Wait returns when every code that was asked for is sent or given up.
func (a *Control) Wait() { a.behind.Wait() }

// derive makes a key for one purpose of the one secret that a process has.
func derive(cfg boot.Config, purpose string) []byte {
	mac := hmac.New(sha256.New, []byte(string(cfg.CodecKey)))
	mac.Write([]byte("anpei " + purpose))
	return mac.Sum(nil)
}

// authenticate tells who asks. It fails with 401 for nobody, and 403 for
// somebody who is known to the identity provider and not to us.
func (a *Control) authenticate(ctx context.Context, r *http.Request, op *contract.Operation) (Caller, error) {
	if op.Public {
		return nobody, nil
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case !ok || token == "":
		return Caller{}, signIn("Send your token as Authorization: Bearer …. Staff get theirs from the identity provider or from POST /v1/staff-sessions, claimants from POST /v1/sessions.")
	case len(token) > 8<<10:
		return Caller{}, signIn("That is no token of ours.")
	case strings.Count(token, ".") == 2:
		return a.staff(ctx, token)
	default:
		return a.session(ctx, token)
	}
}

func signIn(detail string) error { return &contract.Fault{Kind: contract.KindSignIn, Detail: detail} }

// staff finds the member of staff whom an access token stands for.
func (a *Control) staff(ctx context.Context, token string) (Caller, error) {
	now := time.Now()
	hash := sha256.Sum256([]byte(token))
	CallOf(ctx).token, CallOf(ctx).provider = hash, true
	subject, ok := a.tokens.Get(hash)
	if !ok {
		verified, err := a.verify(ctx, token)
		if err != nil {
			return Caller{}, err
		}
		subject = verified.Subject
		until := now.Add(trustFor)
		if verified.Expiry.Before(until) {
			until = verified.Expiry
		}
		a.tokens.Put(hash, subject, until)
	}
	return a.active(ctx, claim.Principal(subject), now)
}

// active finds a member of staff who is let in.
func (a *Control) active(ctx context.Context, id claim.Principal, now time.Time) (Caller, error) {
	found, err := a.member(ctx, id, now)
	switch {
	case errors.Is(err, pgx.ErrNoRows), err == nil && !found.row.Active:
		return Caller{}, contract.Refused(*claim.Refuse(claim.RuleRole, claim.WhyNotActive))
	case err != nil:
		return Caller{}, fmt.Errorf("look up staff: %w", err)
	}
	return found.as, nil
}

// member is a member of staff as recorded, and as a caller.
type member struct {
	row db.StaffForAccessRow
	as  Caller
}

func (a *Control) member(ctx context.Context, id claim.Principal, now time.Time) (member, error) {
	if m, ok := a.members.Get(id); ok {
		return m, nil
	}
	row, err := a.queries.StaffForAccess(ctx, a.pool, id)
	if err != nil {
		return member{}, err
	}
	m := member{row, Staff(a.names, row)}
	a.members.Put(id, m, now.Add(RememberedFor))
	return m, nil
}

// Changed tells that a member's record is another: it counts from now on.
func (a *Control) Changed(id claim.Principal) { a.members.Drop(id) }

// verify checks signature, issuer, audience and times of an access token.
func (a *Control) verify(ctx context.Context, token string) (*oidc.IDToken, error) {
	verifier, err := a.provider(ctx)
	if err != nil {
		return nil, err
	}
	verified, err := verifier.Verify(ctx, token)
	var late *oidc.TokenExpiredError
	switch {
	case errors.As(err, &late):
		return nil, signIn("Your token has expired. Sign in again.")
	case err != nil && strings.Contains(err.Error(), "fetching keys"): // the library drops the cause
		return nil, contract.Unavailable(err)
	case err != nil:
		return nil, &contract.Fault{Kind: contract.KindSignIn, Detail: "Your token is not one that this service takes. Sign in again.", Cause: err}
	}
	return verified, nil
}

// provider asks the identity provider for its keys when they are first needed,
// so that a process may start before it.
func (a *Control) provider(ctx context.Context) (*oidc.IDTokenVerifier, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.verifier != nil {
		return a.verifier, nil
	}
	ctx = oidc.ClientContext(ctx, &http.Client{Timeout: 5 * time.Second})
	provider, err := oidc.NewProvider(ctx, a.issuer)
	if err != nil {
		return nil, contract.Unavailable(fmt.Errorf("reach the identity provider: %w", err))
	}
	a.verifier = provider.Verifier(&oidc.Config{ClientID: a.aud})
	return a.verifier, nil
}

// session is what an opaque token stands for. A member of staff is looked up
// each time: what they may do, and whether they may at all, changes meanwhile.
type session struct {
	claimant Caller
	staff    claim.Principal
}

// session finds the session that a token opens.
func (a *Control) session(ctx context.Context, token string) (Caller, error) {
	now := time.Now()
	hash := sha256.Sum256([]byte(token))
	CallOf(ctx).token = hash
	found, ok := a.sessions.Get(hash)
	if !ok {
		row, err := a.queries.SessionForAccess(ctx, a.pool, hash[:], now.Add(-staffIdle))
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return Caller{}, signIn("Your session has ended. Sign in again; claimants ask for a new code.")
		case err != nil:
			return Caller{}, fmt.Errorf("look up session: %w", err)
		}
		if row.Staff {
			found.staff = claim.Principal(row.Principal)
			if now.Sub(row.SeenAt) > time.Minute {
				if err := a.queries.SessionSeen(ctx, a.pool, hash[:]); err != nil {
					return Caller{}, fmt.Errorf("keep session: %w", err)
				}
			}
		} else {
			found.claimant = Claimant(a.names, row.Phone, claim.ID(row.ClaimID))
		}
		until := now.Add(RememberedFor)
		if row.ExpiresAt.Before(until) {
			until = row.ExpiresAt
		}
		a.sessions.Put(hash, found, until)
	}
	if found.staff != "" {
		return a.active(ctx, found.staff, now)
	}
	return found.claimant, nil
}
