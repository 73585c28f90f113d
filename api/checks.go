package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/width"

	"anpei/api/access"
	"anpei/api/contract"
	"anpei/claim"
	"anpei/claim/document"
	"anpei/schemas/rest"
)

// What the contract cannot say of a body is looked at here: whether a day has
// come yet, whether the figures add up to something that can be held. All that
// is wrong is told at once. What only the claim knows is the workflow's to say.

// wrongs collects what is wrong with a body.
type wrongs []rest.FieldError

// add notes a fault at a JSON pointer.
func (w *wrongs) add(at, detail string) {
	*w = append(*w, rest.FieldError{Pointer: at, Detail: detail})
}

const (
	// maxFen is the largest amount that the contract knows.
	maxFen = claim.MostFen
	// clocksApart is how far a caller's clock may be ahead of ours.
	clocksApart = 2 * time.Minute
)

// noLossBefore is the earliest moment of a loss that is no slip of the pen.
var noLossBefore = time.Date(2000, 1, 1, 0, 0, 0, 0, claim.Shanghai)

// checkNotice looks at a report and puts its numbers into the one form in
// which the same loss is found again.
func checkNotice(n claim.Notice, by access.Caller, now time.Time) (claim.Notice, wrongs) {
	var w wrongs
	n.PolicyNo = strings.Join(strings.Fields(width.Narrow.String(n.PolicyNo)), "") // as typed on a Chinese keyboard
	n.LossAt = n.LossAt.UTC().Truncate(time.Microsecond)                           // what PostgreSQL keeps
	w.moment(n.LossAt, now, "/loss_at")
	w.place(n.At, "/at")
	w.channel(n.Channel, by.Role)
	if n.Plate != "" {
		plate, err := claim.ParsePlate(n.Plate)
		if w.ident(err, "/plate"); err == nil {
			n.Plate = plate
		}
	}
	w.phone(&n.Reporter, "/reporter")
	if by.Role == claim.Claimant && by.ClaimantPhone != "" && n.Reporter.Phone != by.ClaimantPhone {
		w.add("/reporter/phone", "Report under the phone that you have verified. Whoever else is concerned can be named in the story.")
	}
	estimates := make([]claim.Fen, len(n.Exposures))
	n.Exposures = slices.Clone(n.Exposures)
	for i := range n.Exposures {
		e := &n.Exposures[i]
		estimates[i] = e.Estimate
		if e.Kind.Of() != n.Line {
			w.add(fmt.Sprintf("/exposures/%d/kind", i), fmt.Sprintf("A loss of kind %s is not of line %s. Report it under its own line.", e.Kind, n.Line))
		}
		if e.Owner != nil {
			owner := *e.Owner
			w.phone(&owner, fmt.Sprintf("/exposures/%d/owner", i))
			e.Owner = &owner
		}
	}
	w.sum(estimates, "/exposures")
	return n, w
}

// channel says how a report may come: a claimant's through page or app, a
// partner's through its system, staff write down a call.
func (w *wrongs) channel(channel string, role claim.Role) {
	may := []string{"phone"}
	switch role { //nolint:exhaustive // whoever else may report is staff
	case claim.Claimant:
		may = []string{"web", "app"}
	case claim.Partner:
		may = []string{"partner"}
	}
	if !slices.Contains(may, channel) {
		w.add("/channel", fmt.Sprintf("As %s you report through %s.", role, strings.Join(may, " or ")))
	}
}

// moment looks at a time that must lie in the past.
func (w *wrongs) moment(at, now time.Time, pointer string) {
	switch {
	case at.After(now.Add(clocksApart)):
		w.add(pointer, "This lies in the future. Give the moment at which it happened, with the time zone.")
	case at.Before(noLossBefore):
		w.add(pointer, "This lies before the year 2000. Give the moment at which it happened, with the year in four digits.")
	}
}

// place looks at a place on the map that a phone has told.
func (w *wrongs) place(p *claim.Point, pointer string) {
	if p == nil {
		return
	}
	if err := p.Validate(); err != nil {
		w.add(pointer, err.Error())
	} else if p.Lat == 0 && p.Lng == 0 {
		w.add(pointer, "0, 0 is what a phone says that does not know where it is. Leave the place out, or name it.")
	}
}

func (w *wrongs) phone(p *claim.Party, pointer string) {
	phone, err := claim.ParsePhone(p.Phone)
	if w.ident(err, pointer+"/phone"); err == nil {
		p.Phone = phone
	}
}

// ident notes what is wrong with a number, in the caller's words.
func (w *wrongs) ident(err error, pointer string) {
	if fault, ok := errors.AsType[*claim.IdentError](err); ok {
		w.add(pointer, fault.EN+" · "+fault.ZH)
	}
}

// field notes what is wrong with the value of a document's field.
func (w *wrongs) field(name, value, pointer string) {
	if fault, ok := errors.AsType[*claim.FieldError](claim.CheckField(name, value)); ok {
		w.add(pointer, "It "+fault.EN+". · "+fault.ZH)
	}
}

// sum looks whether amounts together are still an amount.
func (w *wrongs) sum(amounts []claim.Fen, pointer string) {
	if total, err := claim.Sum(amounts...); err != nil || total > maxFen {
		w.add(pointer, "These amounts together are more than can be held. Amounts are in fen, 100 to the yuan.")
	}
}

// distinct looks whether no two of n things have the same name.
func (w *wrongs) distinct(n int, name func(int) string, detail, pointer string) {
	seen := make(map[string]bool, n)
	for i := range n {
		if seen[name(i)] {
			w.add(fmt.Sprintf(pointer, i), detail)
		}
		seen[name(i)] = true
	}
}

func checkSurvey(r rest.SurveyReport, now time.Time) wrongs {
	var w wrongs
	w.moment(r.ArrivedAt, now, "/arrived_at")
	w.place(r.Place, "/place")
	w.distinct(len(r.Photos), func(i int) string { return r.Photos[i] }, "This photo is named twice.", "/photos/%d")
	return w
}

func checkAssessment(a rest.NewAssessment) wrongs {
	var w wrongs
	w.distinct(len(a.Objects), func(i int) string { return strconv.Itoa(a.Objects[i].Exposure) },
		"This loss object is assessed twice. Put all its items under one.", "/objects/%d/exposure")
	var all []claim.Fen
	for i, o := range a.Objects {
		figures := []claim.Fen{o.Rescue}
		for _, item := range o.Items {
			figures = append(figures, item.Amount)
		}
		w.sum(figures, fmt.Sprintf("/objects/%d/items", i))
		if o.NoFault && (o.FaultShare != 0 || o.Subrogation) {
			w.add(fmt.Sprintf("/objects/%d/no_fault", i), "Without fault the share is 0 and there is nothing to pay in advance for the other side. Give one of no_fault, subrogation and a share.")
		}
		all = append(all, figures...)
	}
	if len(w) == 0 {
		w.sum(all, "/objects")
	}
	return w
}

// checkPayee looks at an account. Cards of China UnionPay, which begin with
// 62, carry a check digit; accounts of companies and passbooks need none.
// again is the account as it was keyed the second time.
func checkPayee(p claim.Payee, again string) (claim.Payee, wrongs) {
	var w wrongs
	account, err := claim.ParseAccount(p.Account)
	switch w.ident(err, "/payee/account"); {
	case err != nil:
	case strings.HasPrefix(account, "62") && len(account) >= 16 && !claim.Luhn(account):
		w.add("/payee/account", "The check digit does not fit: most likely a digit is wrong or two are swapped. Compare each with the card. · 校验位不符，请逐位核对银行卡号")
	}
	if second, err := claim.ParseAccount(again); len(w) == 0 && (err != nil || second != account) {
		w.twice("/payee/account", "/account_again")
	}
	p.Account = account
	return p, w
}

// twice names two keyings of one thing that differ.
func (w *wrongs) twice(first, second string) {
	const differ = "The two keyings differ. Key both again, from the paper and not from each other. · 两次输入不一致，请对照原件重新输入"
	w.add(first, differ)
	w.add(second, differ)
}

// checkSignature looks whether an agreement brings what its way of signing needs.
func checkSignature(a claim.Agreement) wrongs {
	var w wrongs
	drawn, typed := a.Signature == "drawn", a.Signature == "typed"
	switch {
	case drawn && a.Document == "":
		w.add("/signature_document", "Attach the picture of the signature as a document of kind signature, and give its id.")
	case !drawn && a.Document != "":
		w.add("/signature_document", "Only a drawn signature has a picture.")
	}
	switch {
	case typed && a.SignedName == "":
		w.add("/signed_name", "Give the name that was typed.")
	case !typed && a.SignedName != "":
		w.add("/signed_name", "Only a typed signature has a name.")
	}
	return w
}

func checkFields(c rest.ConfirmFields) wrongs {
	var w wrongs
	w.distinct(len(c.Fields), func(i int) string { return c.Fields[i].Name }, "This field is confirmed twice.", "/fields/%d/name")
	for i, f := range c.Fields {
		w.field(f.Name, f.Value, fmt.Sprintf("/fields/%d/value", i))
		if claim.KeyedTwice(f.Name) && keyed(f.Name, f.Value) != keyed(f.Name, f.Again) {
			w.twice(fmt.Sprintf("/fields/%d/value", i), fmt.Sprintf("/fields/%d/again", i))
		}
	}
	if len(c.Fields) == 0 && c.Kind == "" {
		w.add("/fields", "Name the fields that you confirm, or say what kind of paper it is.")
	}
	if c.Kind == string(document.Unknown) {
		w.add("/kind", "Say what kind of paper it is; other, where it is none of these.")
	}
	return w
}

// keyed is a value that is keyed twice as the two are compared: how it was
// spaced is no difference.
func keyed(name, value string) string {
	if strings.HasSuffix(name, "_fen") {
		if fen, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64); err == nil {
			return strconv.FormatInt(fen, 10)
		}
		return value
	}
	if account, err := claim.ParseAccount(value); err == nil {
		return account
	}
	return strings.Join(strings.Fields(value), "")
}

func checkVerdict(v claim.Verdict) wrongs {
	var w wrongs
	if returned := v.Kind == claim.VerdictReturn; returned {
		if v.ReturnTo == "" {
			w.add("/return_to", "Name the step that the claim goes back to: surveying, assessing or negotiating.")
		}
		if strings.TrimSpace(v.Question) == "" {
			w.add("/question", "Say what is to be answered there.")
		}
	} else if v.ReturnTo != "" {
		w.add("/return_to", "Only a claim that is returned goes back to a step: the verdict must be return.")
	}
	if denied := v.Kind == claim.VerdictDeny; denied && v.Denial == nil {
		w.add("/denial", "Give the clause, the facts, the reasons and the evidence.")
	} else if !denied && v.Denial != nil {
		w.add("/denial", "A denial goes with the verdict propose_denial alone.")
	}
	if d := v.Denial; d != nil {
		w.distinct(len(d.Evidence), func(i int) string { return d.Evidence[i] }, "This document is named twice.", "/denial/evidence/%d")
	}
	return w
}

func checkAttach(a rest.Attach, now time.Time) wrongs {
	var w wrongs
	w.distinct(len(a.Documents), func(i int) string { return a.Documents[i].Upload }, "This upload is named twice.", "/documents/%d/upload")
	for i, d := range a.Documents {
		w.place(d.Place, fmt.Sprintf("/documents/%d/place", i))
		if d.TakenAt.After(now.Add(24 * time.Hour)) { // a camera's clock may be wrong, and this is no witness of it
			w.add(fmt.Sprintf("/documents/%d/taken_at", i), "This lies in the future. Leave it out where the camera does not know it.")
		}
		if d.Reading == nil {
			continue
		}
		fields := d.Reading.Fields
		w.distinct(len(fields), func(i int) string { return fields[i].Name }, "This field is given twice.", fmt.Sprintf("/documents/%d/reading/fields/", i)+"%d/name")
		for j, f := range fields {
			w.field(f.Name, f.Value, fmt.Sprintf("/documents/%d/reading/fields/%d/value", i, j))
			if f.Page > d.Reading.Pages {
				w.add(fmt.Sprintf("/documents/%d/reading/fields/%d/page", i, j), "The document has fewer pages.")
			}
		}
	}
	return w
}

// checkText looks at every text of a body, as it came: nobody can read blanks.
func checkText(body any) wrongs {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil // it came as JSON
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		return nil
	}
	var w wrongs
	w.blanks("", tree)
	slices.SortFunc(w, func(a, b rest.FieldError) int { return strings.Compare(a.Pointer, b.Pointer) })
	return w
}

func (w *wrongs) blanks(at string, tree any) {
	switch v := tree.(type) {
	case string:
		if v != "" && strings.TrimSpace(v) == "" {
			w.add(at, "It is blank.")
		}
	case []any:
		for i, x := range v {
			w.blanks(fmt.Sprintf("%s/%d", at, i), x)
		}
	case map[string]any:
		for name, x := range v {
			w.blanks(at+contract.JSONPointer([]string{name}), x)
		}
	}
}
