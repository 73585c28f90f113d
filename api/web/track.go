package web

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"anpei/claim"
	"anpei/schemas/rest"
)

// home is the claimants' first page: report, or follow.
func home(v *visit) error { return v.show("home", nil) }

// asked is a code that was asked for, in a cookie until it is entered. The
// phone is not in an address, which histories and logs keep.
type asked struct {
	Claim string `json:"c"` // empty: for a session that reports
	Phone string `json:"p"`
	Next  string `json:"t"`
}

// trackForm asks for the claim and the phone.
func trackForm(v *visit) error {
	query := v.r.URL.Query()
	return v.show("track", map[string]any{"Form": v.newForm("claim", query.Get("claim"), "next", local(query.Get("next")))})
}

var numberForm = regexp.MustCompile(`^AP-[0-9]{4}-[0-9]{4}-[0-9]{6,}$`)

// track sends a code to a phone. Whether the phone belongs to the claim, this
// page does not say: only a code that arrives does.
func track(v *visit) error {
	a := asked{Claim: strings.ToUpper(halfWidth(v.field("claim"))), Next: local(v.field("next"))}
	var wrong []string
	if !numberForm.MatchString(a.Claim) {
		wrong = append(wrong, "claim")
	}
	phone, err := claim.ParsePhone(v.field("phone"))
	if err != nil {
		wrong = append(wrong, "phone")
	}
	if a.Phone = phone; len(wrong) > 0 {
		err = wrongFields(wrong...)
	} else {
		err = v.sendCode(a)
	}
	if f, ok := v.refill(err); ok {
		return v.showAs(f.wrong.Status, "track", map[string]any{"Form": f})
	}
	if err != nil {
		return err
	}
	return v.redirect("/track/code")
}

// sendCode has a code sent, and remembers for what.
func (v *visit) sendCode(a asked) error {
	_, err := read[rest.PhoneCodeSent](v.api.SendPhoneCode(v.ctx(), &rest.SendPhoneCodeParams{IdempotencyKey: v.key()},
		rest.PhoneCodeRequest{Phone: a.Phone, ClaimNo: a.Claim, Language: v.lang.reads()}))
	if err != nil {
		return err
	}
	raw, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	v.site.cookies.put(v.w, cookieTrack, base64.RawURLEncoding.EncodeToString(raw), 10*60)
	return nil
}

// asked is the code that this browser has asked for.
func (v *visit) asked() (a asked, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(v.site.cookies.get(v.r, cookieTrack))
	if err != nil || json.Unmarshal(raw, &a) != nil || a.Phone == "" {
		return asked{}, false
	}
	a.Next = local(a.Next)
	return a, true
}

// codeForm asks for the code.
func codeForm(v *visit) error {
	a, ok := v.asked()
	if !ok {
		return v.redirect("/track")
	}
	return v.show("code", codePage{v.newForm(), claim.MaskPhone(a.Phone), a.Claim})
}

type codePage struct {
	Form  form
	Phone string
	Claim string
}

// enterCode opens the session.
func enterCode(v *visit) error {
	a, ok := v.asked()
	if !ok {
		v.tell("flash.code-again")
		return v.redirect("/track")
	}
	code := halfWidth(v.field("code"))
	opened, err := read[rest.Session](v.api.OpenSession(v.ctx(), &rest.OpenSessionParams{IdempotencyKey: v.key()},
		rest.SessionRequest{Phone: a.Phone, ClaimNo: a.Claim, Code: code}))
	if is(err, "not-signed-in") { // a wrong code
		err = wrongFields("code")
	}
	if f, ok := v.refill(err); ok {
		return v.showAs(f.wrong.Status, "code", codePage{f, claim.MaskPhone(a.Phone), a.Claim})
	}
	if err != nil {
		return err
	}
	v.site.cookies.until(v.w, cookieClaimant, opened.Token, opened.ExpiresAt, now())
	v.site.cookies.drop(v.w, cookieTrack)
	if a.Next != "" {
		return v.redirect(a.Next)
	}
	return v.redirect("/c/" + url.PathEscape(a.Claim))
}

// halfWidth is a number as typed on a Chinese keyboard, in ASCII and without
// the spaces that copying brings along.
func halfWidth(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == ' ' || r == '\u3000' || r == '\u200b':
			return -1
		case r == '–' || r == '—' || r == '‑':
			return '-'
		}
		return r
	}, s)
}
