package claimant

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

	"anpei/api/web/site"
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
	Form   site.Form
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
	Went []site.Input
}

func amount(v *site.Visit) error { return showAmount(v, http.StatusOK, v.NewForm()) }

func showAmount(v *site.Visit, status int, f site.Form) error {
	c, err := readClaim(v)
	if err != nil {
		return err
	}
	page := amountPage{Claim: c, Form: f}
	offers, err := site.Read[rest.OfferPage](v.API.ListOffers(v.Ctx(), c.Number, &rest.ListOffersParams{Limit: 200}))
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
		if err := reckoned(v, &page); err != nil {
			return err
		}
		for _, said := range page.Offer.Answers {
			page.Said = saidNow(string(said.Answer), c)
		}
	}
	may, err := v.Acts(c.Number)
	if err != nil {
		return err
	}
	page.may(may)
	if may.Stopped(claim.ActConsent) == claim.RulePapersMissing || may.Stopped(claim.ActAgree) == claim.RulePapersMissing {
		missing, err := readMissing(v)
		if err != nil {
			return err
		}
		page.Lacking = slices.DeleteFunc(missing, func(m rest.Missing) bool { return m.What == "consent" || !m.Blocks })
	}
	if page.Settle || page.Sign || page.Correct {
		if page.Card, err = readBankCard(v, c.Number); err != nil {
			return err
		}
		if page.Card != nil && !f.Values.Has("account") {
			page.Form = v.NewForm("account", page.Card.Account, "bank", page.Card.Bank)
		}
	}
	payments, err := site.Read[rest.ClaimPaymentPage](v.API.ListClaimPayments(v.Ctx(), c.Number, &rest.ListClaimPaymentsParams{Limit: 200}))
	if err != nil {
		return err
	}
	if n := len(payments.Items); n > 0 {
		page.Paid = &payments.Items[n-1]
	}
	return v.ShowAs(status, "amount", page)
}

// saidNow is what the claimant's answer to an offer comes to, as the claim stands:
// a key of words under "said.".
func saidNow(answer string, c rest.Claim) string {
	switch {
	case c.Stage == claim.Closed && c.Outcome != claim.OutcomePaid:
		return "over"
	case answer != "consented" || c.Stage == claim.Reviewing:
		return answer
	case slices.Contains([]claim.Stage{claim.Surveying, claim.Assessing, claim.Negotiating}, c.Stage):
		return "again"
	default:
		return "before"
	}
}

// may keeps what the claimant may do. To agree before the review is to be paid
// in the flash lane, and to consent in the others; papers that are missing are
// said in its place.
func (page *amountPage) may(list site.Acts) {
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
	Where         *site.Excerpt // on the picture
}

// readBankCard finds the newest one on the claim, or nil.
func readBankCard(v *site.Visit, no string) (*cardRead, error) {
	all, err := v.Documents(no)
	if err != nil {
		return nil, err
	}
	for _, d := range slices.Backward(all) {
		if d.Kind != "bank_card" || d.State == claim.PaperUnreadable || d.State == claim.PaperReceived {
			continue
		}
		paper, err := site.Read[rest.Document](v.API.GetDocument(v.Ctx(), no, d.Id, nil))
		if err != nil {
			return nil, err
		}
		card, file := &cardRead{}, "/c/"+url.PathEscape(no)+"/documents/"+url.PathEscape(d.Id)
		for _, f := range paper.Fields {
			switch f.Name {
			case "card_number":
				card.Account = f.Value
				card.Where = site.ExcerptOf(file+"/preview", file, strings.HasPrefix(d.Type, "image/"), paper.Preview, f.Name, f.Box)
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
func reckoned(v *site.Visit, page *amountPage) error {
	all, err := site.Read[rest.AssessmentPage](v.API.ListAssessments(v.Ctx(), page.Claim.Number, &rest.ListAssessmentsParams{Limit: 200}))
	if err != nil {
		return err
	}
	for _, a := range all.Items {
		if a.Version != page.Offer.Assessment {
			continue
		}
		page.Note = a.Note
		for _, l := range a.Lines {
			page.Lines = append(page.Lines, statementLine{l, site.Inputs(l.Inputs)})
		}
	}
	return nil
}

// answered goes on after an answer to the offer; what was typed is kept where
// it cannot be taken, also when the offer is another by now.
func answered(v *site.Visit, err error, word string) error {
	var p *site.Problem
	if f, ok := v.Refill(err); ok {
		return showAmount(v, f.Problem.Status, f)
	}
	if errors.As(err, &p) && site.Is(err, "offer-superseded", "wrong-stage") {
		return showAmount(v, p.Status, site.Form{Lang: v.Lang, Values: v.Values, Problem: p})
	}
	if err != nil {
		return err
	}
	v.Tell(word)
	return v.Redirect("/c/" + v.R.PathValue("claim"))
}

// offerShown is the version of the offer that the form was rendered with.
func offerShown(v *site.Visit) int {
	version, _ := strconv.Atoi(v.Field("offer"))
	return max(version, 1)
}

// typedPayee is the account that was typed twice.
func typedPayee(v *site.Visit) (claim.Payee, error) {
	to := claim.Payee{Name: v.Field("payee"), Bank: v.Field("bank"), Account: site.HalfWidth(v.Field("account"))}
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
	if again, err := claim.ParseAccount(site.HalfWidth(v.Field("account-again"))); err == nil && again != to.Account || err != nil {
		wrong = append(wrong, "account-again")
	}
	if len(wrong) > 0 {
		return to, site.WrongFields(wrong...)
	}
	return to, nil
}

// agree accepts the figure, or signs for it where the account is asked for: with
// a finger, or by typing one's name where that cannot be done.
func agree(v *site.Visit) error {
	no := v.R.PathValue("claim")
	if v.Field("agreed") != "yes" {
		return answered(v, site.WrongFields("agreed"), "")
	}
	if v.Field("with") == "consent" {
		_, err := site.Read[claim.Receipt](v.API.ConsentOffer(v.Ctx(), no, offerShown(v), &rest.ConsentOfferParams{IdempotencyKey: v.Key()}))
		return answered(v, err, "flash.consented")
	}
	to, err := typedPayee(v)
	if err != nil {
		return answered(v, err, "")
	}
	signed := rest.NewAgreement{Payee: to, AccountAgain: site.HalfWidth(v.Field("account-again")), Signature: "typed", SignedName: v.Field("signed")}
	if picture := v.Field("drawn"); picture != "" {
		signed.Signature, signed.SignedName = "drawn", ""
		signed.SignatureDocument, err = keepSignature(v, no, picture)
	} else if n := utf8.RuneCountInString(signed.SignedName); n == 0 || n > 60 {
		err = site.WrongFields("signed")
	}
	if err == nil {
		_, err = site.Read[claim.Receipt](v.API.SignAgreement(v.Ctx(), no, offerShown(v), &rest.SignAgreementParams{IdempotencyKey: v.Key()}, signed))
	}
	return answered(v, err, "flash.agreed")
}

// keepSignature makes the picture of a signature, as a page's script draws it, a
// document of the claim. Its keys are the form's: sent again, it is the same one.
func keepSignature(v *site.Visit, no, picture string) (document string, err error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(picture, "data:image/png;base64,"))
	if err != nil {
		return "", site.WrongFields("signed")
	}
	up, err := site.Read[rest.Upload](v.API.UploadFileWithBody(v.Ctx(), no, &rest.UploadFileParams{
		Name: "签名.png", Kind: "signature", IdempotencyKey: v.Key() + ".drawn",
	}, "application/octet-stream", bytes.NewReader(raw)))
	if err != nil {
		return "", err
	}
	kept, err := site.Read[rest.Attached](v.API.AttachDocuments(v.Ctx(), no, &rest.AttachDocumentsParams{IdempotencyKey: v.Key() + ".kept"},
		rest.Attach{Documents: []rest.NewDocument{{Upload: up.Id, Kind: "signature"}}}))
	if err != nil {
		return "", err
	}
	return kept.Ids[0], nil
}

// object says why the figure is wrong, and what would be right.
func object(v *site.Visit) error {
	var wrong []string
	if n := utf8.RuneCountInString(v.Field("reason")); n == 0 || n > 1000 {
		wrong = append(wrong, "reason")
	}
	counter, ok := site.FenOf(v.Field("counter"))
	if !ok {
		wrong = append(wrong, "counter")
	}
	if len(wrong) > 0 {
		return answered(v, site.WrongFields(wrong...), "")
	}
	_, err := site.Read[claim.Receipt](v.API.ObjectOffer(v.Ctx(), v.R.PathValue("claim"), offerShown(v), &rest.ObjectOfferParams{IdempotencyKey: v.Key()},
		rest.NewObjection{Reason: v.Field("reason"), CounterFen: counter}))
	return answered(v, err, "flash.objected")
}

// correctPayee names another account after the bank sent the money back.
func correctPayee(v *site.Visit) error {
	to, err := typedPayee(v)
	if err == nil {
		_, err = site.Read[claim.Receipt](v.API.CorrectPayee(v.Ctx(), v.R.PathValue("claim"), &rest.CorrectPayeeParams{IdempotencyKey: v.Key()}, rest.ChangePayee{Payee: to, AccountAgain: site.HalfWidth(v.Field("account-again"))}))
	}
	return answered(v, err, "flash.payee-corrected")
}

// letters are what was put in writing.
func letters(v *site.Visit) error {
	c, err := readClaim(v)
	if err != nil {
		return err
	}
	all, err := site.Read[rest.LetterPage](v.API.ListLetters(v.Ctx(), c.Number, &rest.ListLettersParams{Limit: 200}))
	if err != nil {
		return err
	}
	return v.Show("letters", map[string]any{"Claim": c, "Letters": all.Items})
}

// letterContent is a letter, to be read or printed.
func letterContent(v *site.Visit) error {
	return v.PassFile(v.API.GetLetterContent(v.Ctx(), v.R.PathValue("claim"), v.R.PathValue("letter"),
		&rest.GetLetterContentParams{IfNoneMatch: v.R.Header.Get("If-None-Match")}))
}

// The ways out of a claim's course: to withdraw it, to have a surveyor come.
// Each asks once more, and says what it means.

func askWithdrawal(v *site.Visit) error {
	return showQuestion(v, "withdraw", http.StatusOK, v.NewForm())
}
func askVisit(v *site.Visit) error { return showQuestion(v, "visit", http.StatusOK, v.NewForm()) }

func showQuestion(v *site.Visit, what string, status int, f site.Form) error {
	c, err := readClaim(v)
	if err != nil {
		return err
	}
	may, err := v.Acts(c.Number)
	if err != nil {
		return err
	}
	act := map[string]claim.Act{"withdraw": claim.ActWithdraw, "visit": claim.ActConvert}[what]
	if may.Of(act) == nil {
		return site.NotFound
	}
	return v.ShowAs(status, "ask", map[string]any{"Claim": c, "What": what, "Form": f, "Stopped": may.Stopped(act)})
}

func withdraw(v *site.Visit) error {
	_, err := site.Read[claim.Receipt](v.API.WithdrawClaim(v.Ctx(), v.R.PathValue("claim"), &rest.WithdrawClaimParams{IdempotencyKey: v.Key()}, typedReason(v, site.ZH.Say("noreason.withdraw"))))
	return ended(v, "withdraw", err, "flash.withdrawn")
}

func convert(v *site.Visit) error {
	_, err := site.Read[claim.Receipt](v.API.ConvertToVisit(v.Ctx(), v.R.PathValue("claim"), &rest.ConvertToVisitParams{IdempotencyKey: v.Key()}, typedReason(v, site.ZH.Say("noreason.visit"))))
	return ended(v, "visit", err, "flash.converted")
}

// typedReason is why, in their words; whoever gives none is not held up.
func typedReason(v *site.Visit, otherwise string) claim.Reason {
	if said := v.Field("reason"); said != "" {
		return claim.Reason{Reason: said}
	}
	return claim.Reason{Reason: otherwise}
}

func ended(v *site.Visit, what string, err error, word string) error {
	if f, ok := v.Refill(err); ok {
		return showQuestion(v, what, f.Problem.Status, f)
	}
	if err != nil {
		return err
	}
	v.Tell(word)
	return v.Redirect("/c/" + v.R.PathValue("claim"))
}
