package access

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"anpei/api/contract"
	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// How claimants are let in, and how long staff stay.
const (
	codeLives     = 10 * time.Minute
	codeTries     = 5
	codesAMinute  = 1
	codesAnHour   = 5
	reportSession = 12 * time.Hour // without a claim
	claimSession  = 24 * time.Hour // with one
	staffSession  = 12 * time.Hour
	staffIdle     = time.Hour // without being used
)

// codeSpace is the namespace of code ids: of phone and Idempotency-Key.
var codeSpace = uuid.MustParse("2a0d3d3e-2a1c-5d52-8d6e-6c1f0b3f9e77")

var errTooMany = &contract.Fault{Kind: contract.KindTooMany, Detail: "That were too many tries. Wait a little, then ask again.", Retry: time.Minute}

// SendPhoneCode implements [rest.StrictServerInterface]. The answer, and how
// long it takes, is the same whether or not the phone belongs to the claim:
// the code is made and kept either way, and sent behind the answer.
func (a *Control) SendPhoneCode(ctx context.Context, r rest.SendPhoneCodeRequestObject) (rest.SendPhoneCodeResponseObject, error) {
	if !a.callers.allow(CallOf(ctx).IP, time.Now()) {
		return nil, errTooMany
	}
	phone, claimNo := r.Body.Phone, r.Body.ClaimNo
	answer := rest.SendPhoneCode202JSONResponse{ExpiresIn: int(codeLives / time.Second)}
	id := uuid.NewSHA1(codeSpace, []byte(phone+"/"+r.Params.IdempotencyKey)).String()

	code, err := a.keepCode(ctx, id, phone, claimNo)
	if err != nil {
		return nil, err
	}
	if code != "" {
		a.behind.Go(func() { a.deliver(context.WithoutCancel(ctx), id, *r.Body, code) })
	}
	return answer, nil
}

// keepCode makes a code and keeps its hash; it gives back no code for a
// request that was made before. Codes for one phone are asked for one at a
// time, so that the limits hold on any number of processes.
func (a *Control) keepCode(ctx context.Context, id, phone, claimNo string) (code string, err error) {
	err = pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		if err := a.queries.LockPhone(ctx, tx, phone); err != nil {
			return fmt.Errorf("lock phone: %w", err)
		}
		before, err := a.queries.PhoneCode(ctx, tx, id)
		switch {
		case err == nil && before.ClaimNo != claimNo:
			return contract.KeyReused()
		case err == nil:
			return nil
		case !errors.Is(err, pgx.ErrNoRows):
			return fmt.Errorf("look for the code: %w", err)
		}
		now := time.Now()
		count, err := a.queries.PhoneCodesSince(ctx, tx, phone, now.Add(codeLives-time.Minute), now.Add(codeLives-time.Hour))
		if err != nil {
			return fmt.Errorf("count codes: %w", err)
		}
		if count.WithinMinute >= codesAMinute || count.WithinHour >= codesAnHour {
			return errTooMany
		}
		n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
		if err != nil {
			return fmt.Errorf("make a code: %w", err)
		}
		code = fmt.Sprintf("%06d", n)
		return a.queries.InsertPhoneCode(ctx, tx, db.InsertPhoneCodeParams{
			ID: id, Phone: phone, ClaimNo: claimNo, CodeHash: a.codeHash(id, code), ExpiresAt: now.Add(codeLives),
		})
	})
	return code, err
}

// codeHash hides a code in the database: six digits alone would be guessed.
func (a *Control) codeHash(id, code string) []byte { return a.seal("code", id, code) }

func (a *Control) seal(parts ...string) []byte {
	mac := hmac.New(sha256.New, a.secret)
	for _, p := range parts {
		fmt.Fprintf(mac, "%d:%s", len(p), p)
	}
	return mac.Sum(nil)
}

// deliver sends a code, if the phone is one of the claim's. Where it cannot, the
// claimant asks again.
func (a *Control) deliver(ctx context.Context, id string, to rest.PhoneCodeRequest, code string) {
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	if to.ClaimNo != "" {
		if _, err := a.queries.ClaimOfParty(ctx, a.pool, to.ClaimNo, to.Phone); err != nil {
			if !errors.Is(err, pgx.ErrNoRows) {
				a.logger.ErrorContext(ctx, "phone code not sent", "error", err)
			}
			return
		}
	}
	if err := a.sendCode(ctx, id, to, code, codeLives); err != nil {
		a.logger.ErrorContext(ctx, "phone code not sent", "error", err)
	}
}

// errWrongCode answers for every way in which a code can be wrong.
var errWrongCode = signIn("The code is wrong, used or expired, or it is not for this phone and claim. Ask for a new one.")

// OpenSession implements [rest.StrictServerInterface]. The token follows from
// the code and the key under the server's secret, so that a repeat gives the
// same session without it being stored anywhere.
func (a *Control) OpenSession(ctx context.Context, r rest.OpenSessionRequestObject) (rest.OpenSessionResponseObject, error) {
	if !a.callers.allow(CallOf(ctx).IP, time.Now()) {
		return nil, errTooMany
	}
	phone, claimNo := r.Body.Phone, r.Body.ClaimNo
	tried, err := a.queries.TryPhoneCode(ctx, a.pool, phone, claimNo)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, errWrongCode
	case err != nil:
		return nil, fmt.Errorf("try a code: %w", err)
	case tried.Tries > codeTries, !hmac.Equal(tried.CodeHash, a.codeHash(tried.ID, r.Body.Code)):
		return nil, errWrongCode
	}
	var bound claim.ID
	lives := reportSession
	if claimNo != "" {
		lives = claimSession
		if bound, err = a.queries.ClaimOfParty(ctx, a.pool, claimNo, phone); err != nil {
			if errors.Is(err, pgx.ErrNoRows) {
				return nil, errWrongCode
			}
			return nil, fmt.Errorf("find the claim: %w", err)
		}
	}
	token := base64.RawURLEncoding.EncodeToString(a.seal("session", tried.ID, r.Body.Code, r.Params.IdempotencyKey))
	hash := sha256.Sum256([]byte(token))
	// A code's session lasts from when the code was sent: a repeat says the same.
	expires := tried.ExpiresAt.Add(lives - codeLives).UTC()
	if tried.UsedAt != nil {
		if _, err := a.queries.SessionForAccess(ctx, a.pool, hash[:], time.Now()); err != nil {
			if errors.Is(err, pgx.ErrNoRows) {
				return nil, errWrongCode
			}
			return nil, fmt.Errorf("look for the session: %w", err)
		}
	} else if err := a.openSession(ctx, tried.ID, hash[:], phone, bound, expires); err != nil {
		return nil, err
	}
	p := Claimant(a.names, phone, bound)
	return rest.OpenSession201JSONResponse{Token: token, ExpiresAt: expires, Principal: p.shown()}, nil
}

// openSession uses the code up and keeps the session; of two at once one does.
func (a *Control) openSession(ctx context.Context, code string, hash []byte, phone string, bound claim.ID, expires time.Time) error {
	return pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
		used, err := a.queries.UsePhoneCode(ctx, tx, code)
		if err != nil {
			return fmt.Errorf("use the code: %w", err)
		}
		row := db.InsertSessionParams{TokenHash: hash, Principal: string(a.names.Of(phone)), Phone: phone, ExpiresAt: expires}
		if bound != "" {
			id := string(bound)
			row.ClaimID = &id
		}
		if used == 0 { // a twin was faster: the same one has made the same session
			found, err := a.queries.SessionForAccess(ctx, tx, hash, time.Now())
			if err != nil || !bytes.Equal([]byte(found.Phone), []byte(phone)) {
				return errWrongCode
			}
			return nil
		}
		if err := a.queries.InsertSession(ctx, tx, row); err != nil {
			return fmt.Errorf("open the session: %w", err)
		}
		return nil
	})
}

// OpenStaffSession implements [rest.StrictServerInterface]. A session opens no
// further one, or it would never end. The token follows from what was sent, as
// a claimant's does.
func (a *Control) OpenStaffSession(ctx context.Context, r rest.OpenStaffSessionRequestObject) (rest.OpenStaffSessionResponseObject, error) {
	at := CallOf(ctx)
	if !at.provider {
		return nil, signIn("A session is opened with a token of the identity provider. Sign in there.")
	}
	token := base64.RawURLEncoding.EncodeToString(a.seal("staff session", string(at.Who.ID), string(at.token[:]), r.Params.IdempotencyKey))
	hash := sha256.Sum256([]byte(token))
	expires, err := a.queries.InsertStaffSession(ctx, a.pool, hash[:], string(at.Who.ID), time.Now().Add(staffSession))
	if err != nil {
		return nil, fmt.Errorf("open the session: %w", err)
	}
	return rest.OpenStaffSession201JSONResponse{Token: token, ExpiresAt: expires.UTC(), Principal: at.Who.shown()}, nil
}

// CloseSession implements [rest.StrictServerInterface].
func (a *Control) CloseSession(ctx context.Context, _ rest.CloseSessionRequestObject) (rest.CloseSessionResponseObject, error) {
	hash := CallOf(ctx).token
	if err := a.queries.DeleteSession(ctx, a.pool, hash[:]); err != nil {
		return nil, fmt.Errorf("close the session: %w", err)
	}
	a.sessions.Drop(hash)
	return rest.CloseSession204Response{}, nil
}

// GetMe implements [rest.StrictServerInterface].
func (a *Control) GetMe(ctx context.Context, r rest.GetMeRequestObject) (rest.GetMeResponseObject, error) {
	me := CallerOf(ctx).shown()
	raw, err := json.Marshal(me)
	if err != nil {
		return nil, fmt.Errorf("encode principal: %w", err)
	}
	tag := contract.ETag(raw)
	if contract.Matches(r.Params.IfNoneMatch, tag) {
		return rest.GetMe304Response{}, nil
	}
	return rest.GetMe200JSONResponse{Body: me, Headers: rest.GetMe200ResponseHeaders{ETag: tag}}, nil
}

// shown is the principal as the contract shows it.
func (p Caller) shown() rest.Principal {
	out := rest.Principal{Id: p.ID, Name: p.Name, Role: p.Role, Branch: p.Branch, Level: p.Level}
	if p.Role == claim.Claimant {
		out.Phone = p.ClaimantPhone
	}
	if p.Claim != nil {
		out.Claim = string(*p.Claim)
	}
	return out
}

// Forget drops codes and sessions that are over.
func (a *Control) Forget(ctx context.Context, now time.Time) error {
	// Codes are counted for an hour after they were sent.
	return errors.Join(a.queries.ForgetPhoneCodes(ctx, a.pool, now.Add(-time.Hour)), a.queries.ForgetSessions(ctx, a.pool, now, now.Add(-staffIdle)))
}
