package web

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"anpei/claim"
	"anpei/schemas/rest"
)

// amountPage is how a sum comes about, and what the claimant may do with it.
type amountPage struct {
	Claim  rest.Claim
	Offer  *rest.Offer  // in force; nil: there is none yet
	Before []rest.Offer // superseded ones, the newest first
	Lines  []statementLine
	Note   string
	Form   form
	Seen   int64 // the last event that the page knows

	// What they may do: agree and be paid, agree subject to review, sign what was
	// reviewed, correct the account: at most one; and object.
	Settle, Consent, Sign, Correct, Object bool

	Stopped string         // the rule that stands against it all for now
	Lacking []rest.Missing // papers without which they cannot agree yet
	Card    *cardRead      // photographed, which proposes the account
	Said    string         // what they said to the offer; empty: nothing yet
	Paid    *rest.Payment  // where the money is, once it is on its way
}

// statementLine is a line of the settlement statement with what went into it.
type statementLine struct {
	rest.StatementLine
	Went []input
}

func amount(v *visit) error { return v.amount(http.StatusOK, v.newForm()) }

func (v *visit) amount(status int, f form) error {
	c, err := v.claim()
	if err != nil {
		return err
	}
	page := amountPage{Claim: c, Form: f}
	offers, err := read[rest.OfferPage](v.api.ListOffers(v.ctx(), c.Number, &rest.ListOffersParams{Limit: 200}))
	if err != nil {
		return err
	}
	for i := len(offers.Items) - 1; i >= 0; i-- {
		if offers.Items[i].InForce {
			page.Offer = &offers.Items[i]
		} else {
			page.Before = append(page.Before, offers.Items[i])
		}
	}
	if page.Offer != nil {
		if err := v.reckoned(&page); err != nil {
			return err
		}
		for _, said := range page.Offer.Answers {
			page.Said = string(said.Answer)
		}
	}
	may, err := v.options(c.Number)
	if err != nil {
		return err
	}
	page.may(may)
	if may.Stopped(claim.ActConsent) == claim.RulePapersMissing || may.Stopped(claim.ActAgree) == claim.RulePapersMissing {
		missing, err := v.missing()
		if err != nil {
			return err
		}
		page.Lacking = slices.DeleteFunc(missing, func(m rest.Missing) bool { return m.What == "consent" || !m.Blocks })
	}
	if page.Settle || page.Sign || page.Correct {
		if page.Card, err = v.bankCard(c.Number); err != nil {
			return err
		}
		if page.Card != nil && !f.values.Has("account") {
			page.Form = v.newForm("account", page.Card.Account, "bank", page.Card.Bank)
		}
	}
	payments, err := read[rest.ClaimPaymentPage](v.api.ListClaimPayments(v.ctx(), c.Number, &rest.ListClaimPaymentsParams{Limit: 200}))
	if err != nil {
		return err
	}
	if n := len(payments.Items); n > 0 {
		page.Paid = &payments.Items[n-1]
	}
	return v.showAs(status, "amount", page)
}

// may keeps what the claimant may do. To agree before the review is to be paid
// in the flash lane, and to consent in the others; papers that are missing are
// said in its place.
func (page *amountPage) may(list options) {
	now := func(act claim.Act) bool {
		rule := list.Stopped(act)
		return rule == "" || rule == claim.RulePapersMissing
	}
	page.Settle = now(claim.ActConsent) && page.Claim.Lane == claim.Flash
	page.Consent = now(claim.ActConsent) && page.Claim.Lane != claim.Flash
	page.Sign = now(claim.ActAgree) && !now(claim.ActConsent)
	page.Correct, page.Object = list.Open(claim.ActCorrectPayee), list.Open(claim.ActObject)
	if rule := list.Stopped(claim.ActAgree); rule == claim.RuleParked {
		page.Stopped = rule
	}
}

// cardRead is a bank card that the claimant has photographed: it proposes the
// account, which they key a second time themselves.
type cardRead struct {
	Account, Bank string
	Where         *excerpt // on the picture
}

// bankCard finds the newest one on the claim, or nil.
func (v *visit) bankCard(no string) (*cardRead, error) {
	all, err := v.documents(no)
	if err != nil {
		return nil, err
	}
	for _, d := range slices.Backward(all) {
		if d.Kind != "bank_card" || d.State == claim.PaperUnreadable || d.State == claim.PaperReceived {
			continue
		}
		paper, err := read[rest.Document](v.api.GetDocument(v.ctx(), no, d.Id, nil))
		if err != nil {
			return nil, err
		}
		card, file := &cardRead{}, "/c/"+url.PathEscape(no)+"/documents/"+url.PathEscape(d.Id)
		for _, f := range paper.Fields {
			switch f.Name {
			case "card_number":
				card.Account = f.Value
				card.Where = excerptOf(file+"/preview", file, strings.HasPrefix(d.Type, "image/"), paper.Preview, f.Name, f.Box)
			case "bank":
				card.Bank = f.Value
			}
		}
		if card.Account != "" {
			return card, nil
		}
	}
	return nil, nil
}

// reckoned reads the statement that the offer rests on.
func (v *visit) reckoned(page *amountPage) error {
	all, err := read[rest.AssessmentPage](v.api.ListAssessments(v.ctx(), page.Claim.Number, &rest.ListAssessmentsParams{Limit: 200}))
	if err != nil {
		return err
	}
	for _, a := range all.Items {
		if a.Version != page.Offer.Assessment {
			continue
		}
		page.Note = a.Note
		for _, l := range a.Lines {
			page.Lines = append(page.Lines, statementLine{l, inputs(l.Inputs)})
		}
	}
	return nil
}

// answered goes on after an answer to the offer; what was typed is kept where
// it cannot be taken, also when the offer is another by now.
func (v *visit) answered(err error, word string) error {
	var p *problem
	if f, ok := v.refill(err); ok {
		return v.amount(f.wrong.Status, f)
	}
	if errors.As(err, &p) && is(err, "offer-superseded", "wrong-stage") {
		return v.amount(p.Status, form{v.lang, v.form, p})
	}
	if err != nil {
		return err
	}
	v.tell(word)
	return v.redirect("/c/" + v.r.PathValue("claim"))
}

// offered is the version of the offer that the form was rendered with.
func (v *visit) offered() int {
	version, _ := strconv.Atoi(v.field("offer"))
	return max(version, 1)
}

// payee is the account that was typed twice.
func (v *visit) payee() (claim.Payee, error) {
	to := claim.Payee{Name: v.field("payee"), Bank: v.field("bank"), Account: halfWidth(v.field("account"))}
	var wrong []string
	if n := utf8.RuneCountInString(to.Name); n == 0 || n > 100 {
		wrong = append(wrong, "payee")
	}
	if n := utf8.RuneCountInString(to.Bank); n == 0 || n > 100 {
		wrong = append(wrong, "bank")
	}
	if account, err := claim.ParseAccount(to.Account); err != nil {
		wrong = append(wrong, "account")
	} else {
		to.Account = account
	}
	if again, err := claim.ParseAccount(halfWidth(v.field("account-again"))); err == nil && again != to.Account || err != nil {
		wrong = append(wrong, "account-again")
	}
	if len(wrong) > 0 {
		return to, wrongFields(wrong...)
	}
	return to, nil
}

// agree accepts the figure, or signs for it where the account is asked for: with
// a finger, or by typing one's name where that cannot be done.
func agree(v *visit) error {
	no := v.r.PathValue("claim")
	if v.field("agreed") != "yes" {
		return v.answered(wrongFields("agreed"), "")
	}
	if v.field("with") == "consent" {
		_, err := read[claim.Receipt](v.api.ConsentOffer(v.ctx(), no, v.offered(), &rest.ConsentOfferParams{IdempotencyKey: v.key()}))
		return v.answered(err, "flash.consented")
	}
	to, err := v.payee()
	if err != nil {
		return v.answered(err, "")
	}
	signed := rest.NewAgreement{Payee: to, AccountAgain: halfWidth(v.field("account-again")), Signature: "typed", SignedName: v.field("signed")}
	if picture := v.field("drawn"); picture != "" {
		signed.Signature, signed.SignedName = "drawn", ""
		signed.SignatureDocument, err = v.keepSignature(no, picture)
	} else if n := utf8.RuneCountInString(signed.SignedName); n == 0 || n > 60 {
		err = wrongFields("signed")
	}
	if err == nil {
		_, err = read[claim.Receipt](v.api.SignAgreement(v.ctx(), no, v.offered(), &rest.SignAgreementParams{IdempotencyKey: v.key()}, signed))
	}
	return v.answered(err, "flash.agreed")
}

// keepSignature makes the picture of a signature, as a page's script draws it, a
// document of the claim. Its keys are the form's: sent again, it is the same one.
func (v *visit) keepSignature(no, picture string) (document string, err error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(picture, "data:image/png;base64,"))
	if err != nil {
		return "", wrongFields("signed")
	}
	up, err := read[rest.Upload](v.api.UploadFileWithBody(v.ctx(), no, &rest.UploadFileParams{
		Name: "签名.png", Kind: "signature", IdempotencyKey: v.key() + ".drawn",
	}, "application/octet-stream", bytes.NewReader(raw)))
	if err != nil {
		return "", err
	}
	kept, err := read[rest.Attached](v.api.AttachDocuments(v.ctx(), no, &rest.AttachDocumentsParams{IdempotencyKey: v.key() + ".kept"},
		rest.Attach{Documents: []rest.NewDocument{{Upload: up.Id, Kind: "signature"}}}))
	if err != nil {
		return "", err
	}
	return kept.Ids[0], nil
}

// object says why the figure is wrong, and what would be right.
func object(v *visit) error {
	var wrong []string
	if n := utf8.RuneCountInString(v.field("reason")); n == 0 || n > 1000 {
		wrong = append(wrong, "reason")
	}
	counter, ok := fenOf(v.field("counter"))
	if !ok {
		wrong = append(wrong, "counter")
	}
	if len(wrong) > 0 {
		return v.answered(wrongFields(wrong...), "")
	}
	_, err := read[claim.Receipt](v.api.ObjectOffer(v.ctx(), v.r.PathValue("claim"), v.offered(), &rest.ObjectOfferParams{IdempotencyKey: v.key()},
		rest.NewObjection{Reason: v.field("reason"), CounterFen: counter}))
	return v.answered(err, "flash.objected")
}

// correctPayee names another account after the bank sent the money back.
func correctPayee(v *visit) error {
	to, err := v.payee()
	if err == nil {
		_, err = read[claim.Receipt](v.api.CorrectPayee(v.ctx(), v.r.PathValue("claim"), &rest.CorrectPayeeParams{IdempotencyKey: v.key()}, rest.ChangePayee{Payee: to, AccountAgain: halfWidth(v.field("account-again"))}))
	}
	return v.answered(err, "flash.payee-corrected")
}

// letters are what was put in writing.
func letters(v *visit) error {
	c, err := v.claim()
	if err != nil {
		return err
	}
	all, err := read[rest.LetterPage](v.api.ListLetters(v.ctx(), c.Number, &rest.ListLettersParams{Limit: 200}))
	if err != nil {
		return err
	}
	return v.show("letters", map[string]any{"Claim": c, "Letters": all.Items})
}

// letterContent is a letter, to be read or printed.
func letterContent(v *visit) error {
	return v.passFile(v.api.GetLetterContent(v.ctx(), v.r.PathValue("claim"), v.r.PathValue("letter"),
		&rest.GetLetterContentParams{IfNoneMatch: v.r.Header.Get("If-None-Match")}))
}

// The ways out of a claim's course: to withdraw it, to have a surveyor come.
// Each asks once more, and says what it means.

func askWithdrawal(v *visit) error { return v.ask("withdraw", http.StatusOK, v.newForm()) }
func askVisit(v *visit) error      { return v.ask("visit", http.StatusOK, v.newForm()) }

func (v *visit) ask(what string, status int, f form) error {
	c, err := v.claim()
	if err != nil {
		return err
	}
	may, err := v.options(c.Number)
	if err != nil {
		return err
	}
	act := map[string]claim.Act{"withdraw": claim.ActWithdraw, "visit": claim.ActConvert}[what]
	if may.Of(act) == nil {
		return notFound
	}
	return v.showAs(status, "ask", map[string]any{"Claim": c, "What": what, "Form": f, "Stopped": may.Stopped(act)})
}

func withdraw(v *visit) error {
	_, err := read[claim.Receipt](v.api.WithdrawClaim(v.ctx(), v.r.PathValue("claim"), &rest.WithdrawClaimParams{IdempotencyKey: v.key()}, v.reason(zh.say("noreason.withdraw"))))
	return v.ended("withdraw", err, "flash.withdrawn")
}

func convert(v *visit) error {
	_, err := read[claim.Receipt](v.api.ConvertToVisit(v.ctx(), v.r.PathValue("claim"), &rest.ConvertToVisitParams{IdempotencyKey: v.key()}, v.reason(zh.say("noreason.visit"))))
	return v.ended("visit", err, "flash.converted")
}

// reason is why, in their words; whoever gives none is not held up.
func (v *visit) reason(otherwise string) claim.Reason {
	if said := v.field("reason"); said != "" {
		return claim.Reason{Reason: said}
	}
	return claim.Reason{Reason: otherwise}
}

func (v *visit) ended(what string, err error, word string) error {
	if f, ok := v.refill(err); ok {
		return v.ask(what, f.wrong.Status, f)
	}
	if err != nil {
		return err
	}
	v.tell(word)
	return v.redirect("/c/" + v.r.PathValue("claim"))
}
