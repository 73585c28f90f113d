package document

import (
	"cmp"
	"slices"
)

// Scanned is a paper that was photographed to fill in a report, as it was read.
type Scanned struct {
	Paper  string // its id
	Kind   Kind
	Fields []Field
}

// Proposal is what a paper proposes for a field of a report (拍照填单). It fills
// in nothing: whoever reports sees where it stands, and confirms it.
type Proposal struct {
	For   string // the report's field: see proposals
	Paper string
	Kind  Kind
	Field
}

// Known is a policy of the phone that reports.
type Known struct {
	Number, Plate, VIN string
}

// proposals are the fields of a report that papers give, in the order of the
// form, and of each where it may stand: the best source first.
var proposals = []struct {
	field string
	from  []origin
}{
	{"policy_no", []origin{{ClaimForm, "policy_number"}}},
	{"plate", []origin{{VehicleLicence, "plate"}, {LossPhoto, "plate"}, {ClaimForm, "plate"}}},
	{"vin", []origin{{VehicleLicence, "vin"}, {VINPlate, "vin"}, {ClaimForm, "vin"}}},
	{"owner", []origin{{VehicleLicence, "owner"}}},
	{"driver", []origin{{DrivingLicence, "name"}, {ClaimForm, "driver"}}},
	{"licence_no", []origin{{DrivingLicence, "licence_no"}}},
	{"insured", []origin{{ClaimForm, "insured"}, {IDCard, "name"}}},
	{"place", []origin{{ClaimForm, "place"}, {AccidentCertificate, "place"}}},
	{"account", []origin{{BankCard, "card_number"}, {ClaimForm, "account"}}},
	{"bank", []origin{{BankCard, "bank"}, {ClaimForm, "bank"}}},
}

type origin struct {
	kind  Kind
	field string
}

// Propose returns what papers propose for the fields of a report: by field, the
// best first. What is sure comes before what is not, a better source before
// another, a newer paper before an older. A plate or a VIN that one of the
// policies has is sure, and proposes that policy; one that none has may be
// another car's, and says nothing. A value is proposed once for a field.
func Propose(papers []Scanned, policies []Known) (out []Proposal) {
	for _, want := range proposals {
		var found []Proposal
		add := func(field string, s Scanned, f Field) {
			f.Sure = f.Sure && !f.Disputed
			if !slices.ContainsFunc(found, func(o Proposal) bool { return same(o.Value, f.Value) }) {
				found = append(found, Proposal{For: field, Paper: s.Paper, Kind: s.Kind, Field: f})
			}
		}
		for _, at := range want.from {
			for _, s := range slices.Backward(papers) {
				for _, f := range s.Fields {
					if s.Kind == at.kind && f.Name == at.field && tight(f.Value) != "" {
						if _, ok := insuredBy(policies, f); ok {
							f.Sure, f.Note = true, note(f.Note, "agrees with policy")
						}
						add(want.field, s, f)
					}
				}
			}
		}
		if want.field == "policy_no" {
			for _, s := range slices.Backward(papers) {
				for _, f := range s.Fields {
					if policy, ok := insuredBy(policies, f); ok {
						f.Value, f.Sure, f.Note = policy.Number, true, "agrees with policy"
						add(want.field, s, f)
					}
				}
			}
		}
		slices.SortStableFunc(found, func(a, b Proposal) int { return cmp.Compare(rank(b.Sure), rank(a.Sure)) })
		out = append(out, found...)
	}
	return out
}

func rank(sure bool) int {
	if sure {
		return 1
	}
	return 0
}

// insuredBy returns the policy whose plate or VIN a field gives.
func insuredBy(policies []Known, f Field) (Known, bool) {
	for _, p := range policies {
		if f.Name == "plate" && p.Plate != "" && same(f.Value, p.Plate) || f.Name == "vin" && p.VIN != "" && same(f.Value, p.VIN) {
			return p, true
		}
	}
	return Known{}, false
}
