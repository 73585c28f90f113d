package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/cedar-policy/cedar-go"
	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"anpei/claim"
	"anpei/internal/boot"
	"anpei/schemas/db"
)

// principal is who asks.
type principal struct {
	ID     claim.Principal // the identity provider's subject, or a claimant's pseudonym
	Role   claim.Role
	Branch string
	Level  claim.Level
	Name   string    // of staff; the masked phone of a claimant
	Phone  string    // a claimant's; empty for staff
	Claim  *claim.ID // the one claim that a claimant's session is bound to

	phone  string        // also a member of staff's, to tell whether they are a party
	entity *cedar.Entity // as policies see them
}

// everywhere reports whether the principal's branch sees all branches.
func (p principal) everywhere() bool { return p.Branch == claim.HeadOffice }

var anonymous = principal{entity: &cedar.Entity{UID: cedar.EntityUID{Type: "Anonymous", ID: "anonymous"}}}

func staffPrincipal(names claim.Pseudonyms, row db.StaffForAccessRow) principal {
	p := principal{ID: row.ID, Role: row.Role, Branch: row.Branch, Level: row.Level, Name: row.Name, phone: row.Phone}
	party := ""
	if row.Phone != "" {
		party = string(names.Of(row.Phone))
	}
	p.entity = &cedar.Entity{
		UID: cedar.EntityUID{Type: "Staff", ID: cedar.String(p.ID)},
		Attributes: cedar.NewRecord(cedar.RecordMap{
			"id": cedar.String(p.ID), "role": cedar.String(p.Role), "branch": cedar.String(p.Branch), "level": cedar.Long(p.Level),
			"everywhere": cedar.Boolean(p.everywhere()), "party": cedar.String(party),
		}),
	}
	return p
}

func claimantPrincipal(names claim.Pseudonyms, phone string, bound claim.ID) principal {
	p := principal{ID: names.Of(phone), Role: claim.Claimant, Name: claim.MaskPhone(phone), Phone: phone, phone: phone}
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

// lookFor is how long a session or a member of staff is remembered: a change
// acts within this time.
const lookFor = 3 * time.Second

// trustFor is how long a token that was verified is not verified again: a key
// that the identity provider withdraws stops working within this time.
const trustFor = 5 * time.Minute

// access tells who a request comes from.
type access struct {
	db     *pgxpool.Pool
	q      *db.Queries
	issuer string
	aud    string
	secret []byte // of codes and session tokens; see derive
	names  claim.Pseudonyms

	tokens   *cache[[sha256.Size]byte, string] // subject of a verified token
	members  *cache[claim.Principal, member]
	sessions *cache[[sha256.Size]byte, session]
	numbers  *cache[string, claim.ID]
	callers  limits // by address

	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier
}

func newAccess(cfg boot.Config, names claim.Pseudonyms, pool *pgxpool.Pool, q *db.Queries) *access {
	return &access{
		db: pool, q: q, issuer: cfg.Issuer, aud: cfg.Audience, secret: derive(cfg, "claimant sessions"), names: names,
		tokens:   newCache[[sha256.Size]byte, string](4096),
		members:  newCache[claim.Principal, member](4096),
		sessions: newCache[[sha256.Size]byte, session](16384),
		numbers:  newCache[string, claim.ID](16384),
		callers:  newLimits(),
	}
}

// derive makes a key for one purpose of the one secret that a process has.
func derive(cfg boot.Config, purpose string) []byte {
	mac := hmac.New(sha256.New, []byte(string(cfg.CodecKey)))
	mac.Write([]byte("anpei " + purpose))
	return mac.Sum(nil)
}

// authenticate tells who asks. It fails with 401 for nobody, and 403 for
// somebody who is known to the identity provider and not to us.
func (a *access) authenticate(ctx context.Context, r *http.Request, op *operation) (principal, error) {
	if op.public {
		return anonymous, nil
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case !ok || token == "":
		return principal{}, signIn("Send your token as Authorization: Bearer …. Staff get theirs from the identity provider or from POST /v1/staff-sessions, claimants from POST /v1/sessions.")
	case len(token) > 8<<10:
		return principal{}, signIn("That is no token of ours.")
	case strings.Count(token, ".") == 2:
		return a.staff(ctx, token)
	default:
		return a.session(ctx, token)
	}
}

func signIn(detail string) error { return &fault{kind: kindSignIn, detail: detail} }

// staff finds the member of staff whom an access token stands for.
func (a *access) staff(ctx context.Context, token string) (principal, error) {
	now := time.Now()
	hash := sha256.Sum256([]byte(token))
	callOf(ctx).token, callOf(ctx).provider = hash, true
	subject, ok := a.tokens.get(hash)
	if !ok {
		verified, err := a.verify(ctx, token)
		if err != nil {
			return principal{}, err
		}
		subject = verified.Subject
		until := now.Add(trustFor)
		if verified.Expiry.Before(until) {
			until = verified.Expiry
		}
		a.tokens.put(hash, subject, until)
	}
	return a.active(ctx, claim.Principal(subject), now)
}

// active finds a member of staff who is let in.
func (a *access) active(ctx context.Context, id claim.Principal, now time.Time) (principal, error) {
	found, err := a.member(ctx, id, now)
	switch {
	case errors.Is(err, pgx.ErrNoRows), err == nil && !found.row.Active:
		return principal{}, forbidden("You are signed in, but not on the list of active staff. Ask an administrator to add you.")
	case err != nil:
		return principal{}, fmt.Errorf("look up staff: %w", err)
	}
	return found.as, nil
}

// member is a member of staff as recorded, and as a caller.
type member struct {
	row db.StaffForAccessRow
	as  principal
}

func (a *access) member(ctx context.Context, id claim.Principal, now time.Time) (member, error) {
	if m, ok := a.members.get(id); ok {
		return m, nil
	}
	row, err := a.q.StaffForAccess(ctx, a.db, id)
	if err != nil {
		return member{}, err
	}
	m := member{row, staffPrincipal(a.names, row)}
	a.members.put(id, m, now.Add(lookFor))
	return m, nil
}

// verify checks signature, issuer, audience and times of an access token.
func (a *access) verify(ctx context.Context, token string) (*oidc.IDToken, error) {
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
		return nil, unavailable(err)
	case err != nil:
		return nil, &fault{kind: kindSignIn, detail: "Your token is not one that this service takes. Sign in again.", cause: err}
	}
	return verified, nil
}

// provider asks the identity provider for its keys when they are first needed,
// so that a process may start before it.
func (a *access) provider(ctx context.Context) (*oidc.IDTokenVerifier, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.verifier != nil {
		return a.verifier, nil
	}
	ctx = oidc.ClientContext(ctx, &http.Client{Timeout: 5 * time.Second})
	provider, err := oidc.NewProvider(ctx, a.issuer)
	if err != nil {
		return nil, unavailable(fmt.Errorf("reach the identity provider: %w", err))
	}
	a.verifier = provider.Verifier(&oidc.Config{ClientID: a.aud})
	return a.verifier, nil
}

// session is what an opaque token stands for. A member of staff is looked up
// each time: what they may do, and whether they may at all, changes meanwhile.
type session struct {
	claimant principal
	staff    claim.Principal
}

// session finds the session that a token opens.
func (a *access) session(ctx context.Context, token string) (principal, error) {
	now := time.Now()
	hash := sha256.Sum256([]byte(token))
	callOf(ctx).token = hash
	found, ok := a.sessions.get(hash)
	if !ok {
		row, err := a.q.SessionForAccess(ctx, a.db, hash[:], now.Add(-staffIdle))
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return principal{}, signIn("Your session has ended. Sign in again; claimants ask for a new code.")
		case err != nil:
			return principal{}, fmt.Errorf("look up session: %w", err)
		}
		if row.Staff {
			found.staff = claim.Principal(row.Principal)
			if now.Sub(row.SeenAt) > time.Minute {
				if err := a.q.SessionSeen(ctx, a.db, hash[:]); err != nil {
					return principal{}, fmt.Errorf("keep session: %w", err)
				}
			}
		} else {
			found.claimant = claimantPrincipal(a.names, row.Phone, claim.ID(row.ClaimID))
		}
		until := now.Add(lookFor)
		if row.ExpiresAt.Before(until) {
			until = row.ExpiresAt
		}
		a.sessions.put(hash, found, until)
	}
	if found.staff != "" {
		return a.active(ctx, found.staff, now)
	}
	return found.claimant, nil
}
