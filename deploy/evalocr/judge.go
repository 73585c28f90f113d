package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"anpei/claim/document"
)

// kinds are ours for the types of the manifest.
var kinds = map[string][]document.Kind{
	"vat_invoice":          {document.VATInvoice},
	"e_invoice":            {document.VATInvoice},
	"repair_estimate":      {document.RepairEstimate},
	"vehicle_license":      {document.VehicleLicence},
	"driver_license":       {document.DrivingLicence},
	"id_card":              {document.IDCard},
	"bank_card":            {document.BankCard},
	"business_license":     {document.BusinessLicence},
	"accident_certificate": {document.AccidentCertificate},
	"medical_receipt":      {document.MedicalReceipt},
	"vin_plate":            {document.VINPlate},
	"receipt_en":           {document.Receipt},
	"claim_form":           {document.ClaimForm},
	"plate_photo":          {document.LossPhoto},
	"plate_crop":           {document.LossPhoto},
}

// kindsOf returns the kinds that a type of the manifest may be read as; types
// are also written with a suffix, as in id_card_back or vat_invoice/phone.
func kindsOf(name string) []document.Kind {
	name, _, _ = strings.Cut(name, "/")
	name = strings.ReplaceAll(name, "licence", "license")
	best := ""
	for known := range kinds {
		if strings.HasPrefix(name, known) && len(known) > len(best) {
			best = known
		}
	}
	if best == "" && strings.HasPrefix(name, "driving_license") {
		best = "driver_license"
	}
	return kinds[best]
}

// names are ours for the fields of the manifest, by our kind; "" is any kind.
var names = map[document.Kind]map[string]string{
	"": {
		"plate_no": "plate", "use_character": "use", "date": "issue_date", "total_cn": "total_words", "amount_cn": "total_words", "birth": "birth_date",
		"total": "total_fen", "amount": "amount_fen", "tax": "tax_fen", "cash": "cash_fen", "change": "change_fen", "id_no": "id_number", "uscc": "credit_code",
	},
	document.VATInvoice:          {"invoice_no": "invoice_number"},
	document.RepairEstimate:      {"doc_no": "estimate_number", "parts_total": "parts_fen", "labor_total": "labour_fen", "grand_total": "total_fen"},
	document.DrivingLicence:      {"license_no": "licence_no", "first_issue_date": "issue_date", "vehicle_class": "class", "valid_to": "valid_until"},
	document.VehicleLicence:      {"gross_mass": "total_mass"},
	document.IDCard:              {"birth_year": "birth_date", "valid_to": "valid_until", "issuer": "authority"},
	document.BankCard:            {"card_no": "card_number", "valid_thru": "valid_until"},
	document.BusinessLicence:     {"capital": "registered_capital"},
	document.AccidentCertificate: {"certificate_no": "certificate_number", "location": "place", "policy_no": "policy_number"},
	document.MedicalReceipt:      {"invoice_no": "invoice_number", "fund_pay": "fund_fen", "self_pay": "self_fen"},
	document.VINPlate:            {"date": "made", "mass": "total_mass"},
	document.Receipt:             {"doc_no": "receipt_number", "invoice_no": "receipt_number"},
	document.ClaimForm:           {"policy_no": "policy_number", "account_no": "account", "amount": "total_fen", "location": "place", "claim_no": "claim_number"},
}

func ours(kind document.Kind, name string) string {
	for _, k := range []document.Kind{kind, ""} {
		if n := names[k][name]; n != "" {
			return n
		}
	}
	return name
}

// guarded reports whether a field is one of money, identity, account, plate or
// VIN, for which a stricter bar holds.
func guarded(name string) bool {
	return strings.HasSuffix(name, "_fen") || slices.Contains([]string{
		"plate", "plate_a", "plate_b", "vin", "licence_no", "id_number", "party_a_id", "party_b_id", "account", "card_number", "credit_code", "buyer_tax_id", "seller_tax_id",
	}, name)
}

// judge compares a reading with what stands on the paper.
func judge(r row, reading document.Reading) score {
	s := score{files: 1, fields: len(r.truth) + len(r.absent), cpu: time.Duration(reading.CPUMillis) * time.Millisecond}
	sent := reading.Unreadable != ""
	if r.bad {
		s.bad = 1
		if sent {
			s.retaken = 1
		} else {
			s.wrong = append(s.wrong, "should have been sent back")
		}
		return s
	}
	if sent {
		s.wrongRetake = 1
		s.wrong = append(s.wrong, "was sent back: "+reading.Unreadable)
	}
	want := kindsOf(r.kind)
	if slices.Contains(want, reading.Kind) {
		s.kind = 1
	} else {
		s.wrong = append(s.wrong, fmt.Sprintf("kind is %s", reading.Kind))
	}
	text := plainly(reading.Text)
	kind := reading.Kind
	if len(want) > 0 {
		kind = want[0]
	}
	for name, truth := range r.truth {
		mine := ours(kind, name)
		at := slices.IndexFunc(reading.Fields, func(f document.Field) bool { return f.Name == mine })
		recalled := strings.Contains(text, plainly(truth)) || strings.Contains(strings.NewReplacer(".", "", "-", "", ",", "").Replace(text), strings.NewReplacer(".", "", "-", "", ",", "").Replace(plainly(truth)))
		if recalled {
			s.recalled++
		}
		switch {
		case at < 0:
			s.wrong = append(s.wrong, fmt.Sprintf("%s missing: %s (recalled: %t)", name, truth, recalled))
			continue
		case equal(mine, reading.Fields[at].Value, truth, name):
			s.matched++
		default:
			f := reading.Fields[at]
			s.wrong = append(s.wrong, fmt.Sprintf("%s is %s, not %s (recalled: %t, sure: %t, %d, %s)", name, f.Value, truth, recalled, f.Sure, f.Confidence, f.Note))
		}
		if f := reading.Fields[at]; f.Sure {
			right := equal(mine, f.Value, truth, name)
			s.accepted++
			if !right {
				s.acceptedWrong++
				s.wrong = append(s.wrong, name+" WAS ACCEPTED")
			}
			if guarded(mine) {
				s.guarded++
				if !right {
					s.guardedWrong++
				}
			}
		}
	}
	s.invented(r, kind, reading.Fields)
	slices.Sort(s.wrong)
	return s
}

// invented judges what is sure and does not stand on the paper: as wrong where
// the truth says that it does not, and else as nothing that can be told.
func (s *score) invented(r row, kind document.Kind, fields []document.Field) {
	named := map[string]bool{}
	for name := range r.truth {
		named[ours(kind, name)] = true
	}
	absent := map[string]bool{}
	for _, name := range r.absent {
		absent[ours(kind, name)] = true
	}
	s.matched += len(r.absent)
	s.recalled += len(r.absent)
	for _, f := range fields {
		switch {
		case !f.Sure || named[f.Name]:
		case absent[f.Name] || r.complete:
			if absent[f.Name] {
				s.matched--
			}
			s.accepted++
			s.acceptedWrong++
			if guarded(f.Name) {
				s.guarded++
				s.guardedWrong++
			}
			s.wrong = append(s.wrong, fmt.Sprintf("%s does not stand there and WAS ACCEPTED as %s (%s)", f.Name, f.Value, f.Note))
		default:
			s.unjudged = append(s.unjudged, f.Name+" "+f.Value)
		}
	}
}

var (
	dayPattern   = regexp.MustCompile(`^(\d{4})[年./-](\d{1,2})[月./-](\d{1,2})日?$`)
	backPattern  = regexp.MustCompile(`^(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})$`)
	sharePattern = regexp.MustCompile(`(全部|主要|同等|次要|无)责任`)
)

// plainly is what is compared: after NFKC, without spaces, and with one sign
// for each of the several dots, commas and dashes of Chinese print.
func plainly(s string) string {
	s = strings.NewReplacer("·", ".", "•", ".", "。", ".", "、", ",", "—", "-", "–", "-").Replace(norm.NFKC.String(s))
	return strings.Join(strings.Fields(s), "")
}

// equal reports whether our value and the truth are the same. Ours are written
// in one way (whole fen, 2006-01-02); the truth as it is printed.
func equal(mine, value, truth, name string) bool {
	v, want := plainly(value), plainly(truth)
	switch {
	case v == want:
		return true
	case strings.HasSuffix(mine, "_fen"):
		return v == fen(want)
	case name == "birth_year":
		return strings.HasPrefix(v, want+"-")
	case mine == "certificate_number":
		return v == strings.TrimSuffix(strings.TrimPrefix(want, "第"), "号")
	case strings.HasPrefix(mine, "liability_"):
		m := sharePattern.FindStringSubmatch(want)
		return m != nil && m[1] == v
	case mine == "accident_time":
		return digits(v) == digits(want)
	case strings.HasPrefix(mine, "plate"):
		return v == strings.NewReplacer("·", "", ".", "", "-", "").Replace(want)
	}
	if m := dayPattern.FindStringSubmatch(want); m != nil {
		return v == day(m[1], m[2], m[3])
	}
	if m := backPattern.FindStringSubmatch(want); m != nil {
		if len(m[3]) == 2 {
			m[3] = "20" + m[3]
		}
		return v == day(m[3], m[2], m[1])
	}
	return false
}

func day(y, m, d string) string {
	month, _ := strconv.Atoi(m)
	date, _ := strconv.Atoi(d)
	return fmt.Sprintf("%s-%02d-%02d", y, month, date)
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func fen(s string) string {
	s = strings.NewReplacer("¥", "", ",", "", "元", "", "RM", "", "$", "").Replace(s)
	yuan, cents, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(yuan+(cents + "00")[:2], 10, 64)
	if err != nil {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
