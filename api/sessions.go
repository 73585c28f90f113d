package main

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
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"anpei/claim"
	"anpei/internal/gateway"
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

var errTooMany = &fault{kind: kindTooMany, detail: "That were too many tries. Wait a little, then ask again.", retry: time.Minute}

// SendPhoneCode implements [rest.StrictServerInterface]. The answer, and how
// long it takes, is the same whether or not the phone belongs to the claim:
// the code is made and kept either way, and sent behind the answer.
func (s *server) SendPhoneCode(ctx context.Context, r rest.SendPhoneCodeRequestObject) (rest.SendPhoneCodeResponseObject, error) {
	if !s.access.callers.allow(callOf(ctx).ip, time.Now()) {
		return nil, errTooMany
	}
	phone, claimNo := r.Body.Phone, r.Body.ClaimNo
	answer := rest.SendPhoneCode202JSONResponse{ExpiresIn: int(codeLives / time.Second)}
	id := uuid.NewSHA1(codeSpace, []byte(phone+"/"+r.Params.IdempotencyKey)).String()

	code, err := s.keepCode(ctx, id, phone, claimNo)
	if err != nil {
		return nil, err
	}
	if code != "" {
		s.behind.Go(func() { s.sendCode(context.WithoutCancel(ctx), id, *r.Body, code) })
	}
	return answer, nil
}

// keepCode makes a code and keeps its hash; it gives back no code for a
// request that was made before. Codes for one phone are asked for one at a
// time, so that the limits hold on any number of processes.
func (s *server) keepCode(ctx context.Context, id, phone, claimNo string) (code string, err error) {
	err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		if err := s.q.LockPhone(ctx, tx, phone); err != nil {
			return fmt.Errorf("lock phone: %w", err)
		}
		before, err := s.q.PhoneCode(ctx, tx, id)
		switch {
		case err == nil && before.ClaimNo != claimNo:
			return keyReused()
		case err == nil:
			return nil
		case !errors.Is(err, pgx.ErrNoRows):
			return fmt.Errorf("look for the code: %w", err)
		}
		now := time.Now()
		count, err := s.q.PhoneCodesSince(ctx, tx, phone, now.Add(codeLives-time.Minute), now.Add(codeLives-time.Hour))
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
		return s.q.InsertPhoneCode(ctx, tx, db.InsertPhoneCodeParams{
			ID: id, Phone: phone, ClaimNo: claimNo, CodeHash: s.codeHash(id, code), ExpiresAt: now.Add(codeLives),
		})
	})
	return code, err
}

// codeHash hides a code in the database: six digits alone would be guessed.
func (s *server) codeHash(id, code string) []byte { return s.seal("code", id, code) }

func (s *server) seal(parts ...string) []byte {
	mac := hmac.New(sha256.New, s.access.secret)
	for _, p := range parts {
		fmt.Fprintf(mac, "%d:%s", len(p), p)
	}
	return mac.Sum(nil)
}

// sendCode sends the SMS, if the phone is one of the claim's. Where it cannot,
// the claimant asks again.
func (s *server) sendCode(ctx context.Context, id string, to rest.PhoneCodeRequest, code string) {
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	if to.ClaimNo != "" {
		if _, err := s.q.ClaimOfParty(ctx, s.db, to.ClaimNo, to.Phone); err != nil {
			if !errors.Is(err, pgx.ErrNoRows) {
				s.log.ErrorContext(ctx, "phone code not sent", "error", err)
			}
			return
		}
	}
	rules, err := s.rules(ctx, time.Now())
	var body string
	if err == nil {
		body, err = rules.sms.Write(claim.SMSCode, to.Language, claim.Values{
			"code": code, "minutes": int(codeLives / time.Minute), "hotline": s.cfg.InsurerHotline,
		})
	}
	if err == nil {
		out := gateway.Gateway{URL: s.cfg.OutboxURL, Client: http.DefaultClient}
		err = out.Send(ctx, gateway.Message{ID: id, Channel: "sms", To: to.Phone, Body: body})
	}
	if err != nil {
		s.log.ErrorContext(ctx, "phone code not sent", "error", err)
	}
}

// errWrongCode answers for every way in which a code can be wrong.
var errWrongCode = signIn("The code is wrong, used or expired, or it is not for this phone and claim. Ask for a new one.")

// OpenSession implements [rest.StrictServerInterface]. The token follows from
// the code and the key under the server's secret, so that a repeat gives the
// same session without it being stored anywhere.
func (s *server) OpenSession(ctx context.Context, r rest.OpenSessionRequestObject) (rest.OpenSessionResponseObject, error) {
	if !s.access.callers.allow(callOf(ctx).ip, time.Now()) {
		return nil, errTooMany
	}
	phone, claimNo := r.Body.Phone, r.Body.ClaimNo
	tried, err := s.q.TryPhoneCode(ctx, s.db, phone, claimNo)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, errWrongCode
	case err != nil:
		return nil, fmt.Errorf("try a code: %w", err)
	case tried.Tries > codeTries, !hmac.Equal(tried.CodeHash, s.codeHash(tried.ID, r.Body.Code)):
		return nil, errWrongCode
	}
	var bound claim.ID
	lives := reportSession
	if claimNo != "" {
		lives = claimSession
		if bound, err = s.q.ClaimOfParty(ctx, s.db, claimNo, phone); err != nil {
			if errors.Is(err, pgx.ErrNoRows) {
				return nil, errWrongCode
			}
			return nil, fmt.Errorf("find the claim: %w", err)
		}
	}
	token := base64.RawURLEncoding.EncodeToString(s.seal("session", tried.ID, r.Body.Code, r.Params.IdempotencyKey))
	hash := sha256.Sum256([]byte(token))
	// A code's session lasts from when the code was sent: a repeat says the same.
	expires := tried.ExpiresAt.Add(lives - codeLives).UTC()
	if tried.UsedAt != nil {
		if _, err := s.q.SessionForAccess(ctx, s.db, hash[:], time.Now()); err != nil {
			if errors.Is(err, pgx.ErrNoRows) {
				return nil, errWrongCode
			}
			return nil, fmt.Errorf("look for the session: %w", err)
		}
	} else if err := s.openSession(ctx, tried.ID, hash[:], phone, bound, expires); err != nil {
		return nil, err
	}
	p := claimantPrincipal(s.access.names, phone, bound)
	return rest.OpenSession201JSONResponse{Token: token, ExpiresAt: expires, Principal: p.shown()}, nil
}

// openSession uses the code up and keeps the session; of two at once one does.
func (s *server) openSession(ctx context.Context, code string, hash []byte, phone string, bound claim.ID, expires time.Time) error {
	return pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		used, err := s.q.UsePhoneCode(ctx, tx, code)
		if err != nil {
			return fmt.Errorf("use the code: %w", err)
		}
		row := db.InsertSessionParams{TokenHash: hash, Principal: string(s.access.names.Of(phone)), Phone: phone, ExpiresAt: expires}
		if bound != "" {
			id := string(bound)
			row.ClaimID = &id
		}
		if used == 0 { // a twin was faster: the same one has made the same session
			found, err := s.q.SessionForAccess(ctx, tx, hash, time.Now())
			if err != nil || !bytes.Equal([]byte(found.Phone), []byte(phone)) {
				return errWrongCode
			}
			return nil
		}
		if err := s.q.InsertSession(ctx, tx, row); err != nil {
			return fmt.Errorf("open the session: %w", err)
		}
		return nil
	})
}

// OpenStaffSession implements [rest.StrictServerInterface]. A session opens no
// further one, or it would never end. The token follows from what was sent, as
// a claimant's does.
func (s *server) OpenStaffSession(ctx context.Context, r rest.OpenStaffSessionRequestObject) (rest.OpenStaffSessionResponseObject, error) {
	at := callOf(ctx)
	if !at.provider {
		return nil, signIn("A session is opened with a token of the identity provider. Sign in there.")
	}
	token := base64.RawURLEncoding.EncodeToString(s.seal("staff session", string(at.who.ID), string(at.token[:]), r.Params.IdempotencyKey))
	hash := sha256.Sum256([]byte(token))
	expires, err := s.q.InsertStaffSession(ctx, s.db, hash[:], string(at.who.ID), time.Now().Add(staffSession))
	if err != nil {
		return nil, fmt.Errorf("open the session: %w", err)
	}
	return rest.OpenStaffSession201JSONResponse{Token: token, ExpiresAt: expires.UTC(), Principal: at.who.shown()}, nil
}

// CloseSession implements [rest.StrictServerInterface].
func (s *server) CloseSession(ctx context.Context, _ rest.CloseSessionRequestObject) (rest.CloseSessionResponseObject, error) {
	hash := callOf(ctx).token
	if err := s.q.DeleteSession(ctx, s.db, hash[:]); err != nil {
		return nil, fmt.Errorf("close the session: %w", err)
	}
	s.access.sessions.drop(hash)
	return rest.CloseSession204Response{}, nil
}

// GetMe implements [rest.StrictServerInterface].
func (s *server) GetMe(ctx context.Context, r rest.GetMeRequestObject) (rest.GetMeResponseObject, error) {
	me := principalOf(ctx).shown()
	raw, err := json.Marshal(me)
	if err != nil {
		return nil, fmt.Errorf("encode principal: %w", err)
	}
	tag := etagOf(raw)
	if matches(r.Params.IfNoneMatch, tag) {
		return rest.GetMe304Response{}, nil
	}
	return rest.GetMe200JSONResponse{Body: me, Headers: rest.GetMe200ResponseHeaders{ETag: tag}}, nil
}

// shown is the principal as the contract shows it.
func (p principal) shown() rest.Principal {
	out := rest.Principal{Id: p.ID, Name: p.Name, Role: p.Role, Branch: p.Branch, Level: p.Level}
	if p.Role == claim.Claimant {
		out.Phone = p.Phone
	}
	if p.Claim != nil {
		out.Claim = string(*p.Claim)
	}
	return out
}

// sweep forgets codes, sessions and drafts that are over, now and then.
func (s *server) sweep(ctx context.Context) {
	tick := time.NewTicker(10 * time.Minute)
	defer tick.Stop()
	for {
		now := time.Now()
		// Codes are counted for an hour after they were sent.
		if err := errors.Join(
			s.q.ForgetPhoneCodes(ctx, s.db, now.Add(-time.Hour)), s.q.ForgetSessions(ctx, s.db, now, now.Add(-staffIdle)),
			s.q.ForgetDrafts(ctx, s.db, now.Add(-draftKept)), s.sweepChunks(ctx, now), s.sweepUploads(ctx, now), s.sweepDraftPapers(ctx, now),
		); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "what is over was not swept", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
