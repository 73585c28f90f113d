package claimant

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"anpei/api/web/site"
	"anpei/claim"
	"anpei/schemas/rest"
)

// home is the claimants' first page: report, or follow.
func home(v *site.Visit) error { return v.Show("home", nil) }

// asked is a code that was asked for, in a cookie until it is entered. The
// phone is not in an address, which histories and logs keep.
type asked struct {
	Claim string `json:"c"` // empty: for a session that reports
	Phone string `json:"p"`
	Next  string `json:"t"`
}

// trackForm asks for the claim and the phone.
func trackForm(v *site.Visit) error {
	query := v.R.URL.Query()
	return v.Show("track", map[string]any{"Form": v.NewForm("claim", query.Get("claim"), "next", site.Local(query.Get("next")))})
}

// track sends a code to a phone. Whether the phone belongs to the claim, this
// page does not say: only a code that arrives does.
func track(v *site.Visit) error {
	a := asked{Claim: strings.ToUpper(site.HalfWidth(v.Field("claim"))), Next: site.Local(v.Field("next"))}
	var wrong []string
	if !site.IsNumber(a.Claim) {
		wrong = append(wrong, "claim")
	}
	phone, err := claim.ParsePhone(v.Field("phone"))
	if err != nil {
		wrong = append(wrong, "phone")
	}
	if a.Phone = phone; len(wrong) > 0 {
		err = site.WrongFields(wrong...)
	} else {
		err = sendCode(v, a)
	}
	if f, ok := v.Refill(err); ok {
		return v.ShowAs(f.Problem.Status, "track", map[string]any{"Form": f})
	}
	if err != nil {
		return err
	}
	return v.Redirect("/track/code")
}

// sendCode has a code sent, and remembers for what.
func sendCode(v *site.Visit, a asked) error {
	_, err := site.Read[rest.PhoneCodeSent](v.API.SendPhoneCode(v.Ctx(), &rest.SendPhoneCodeParams{IdempotencyKey: v.Key()},
		rest.PhoneCodeRequest{Phone: a.Phone, ClaimNo: a.Claim, Language: v.Lang.Reads()}))
	if err != nil {
		return err
	}
	raw, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	v.PutCookie(site.CookieTrack, base64.RawURLEncoding.EncodeToString(raw), 10*60)
	return nil
}

// askedBefore is the code that this browser has asked for.
func askedBefore(v *site.Visit) (a asked, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(v.Cookie(site.CookieTrack))
	if err != nil || json.Unmarshal(raw, &a) != nil || a.Phone == "" {
		return asked{}, false
	}
	a.Next = site.Local(a.Next)
	return a, true
}

// codeForm asks for the code.
func codeForm(v *site.Visit) error {
	a, ok := askedBefore(v)
	if !ok {
		return v.Redirect("/track")
	}
	return v.Show("code", codePage{v.NewForm(), claim.MaskPhone(a.Phone), a.Claim})
}

type codePage struct {
	Form  site.Form
	Phone string
	Claim string
}

// enterCode opens the session.
func enterCode(v *site.Visit) error {
	a, ok := askedBefore(v)
	if !ok {
		v.Tell("flash.code-again")
		return v.Redirect("/track")
	}
	code := site.HalfWidth(v.Field("code"))
	opened, err := site.Read[rest.Session](v.API.OpenSession(v.Ctx(), &rest.OpenSessionParams{IdempotencyKey: v.Key()},
		rest.SessionRequest{Phone: a.Phone, ClaimNo: a.Claim, Code: code}))
	if site.Is(err, "not-signed-in") { // a wrong code
		err = site.WrongFields("code")
	}
	if f, ok := v.Refill(err); ok {
		return v.ShowAs(f.Problem.Status, "code", codePage{f, claim.MaskPhone(a.Phone), a.Claim})
	}
	if err != nil {
		return err
	}
	v.LetClaimantIn(opened)
	v.DropCookie(site.CookieTrack)
	if a.Next != "" {
		return v.Redirect(a.Next)
	}
	return v.Redirect("/c/" + url.PathEscape(a.Claim))
}
