package document

import (
	"maps"
	"slices"

	"anpei/claim"
)

// Excerpt is what a claim is known to say. A claim may have thousands of papers,
// and a step brings a few: it gives the facts of those, of what is no paper,
// of papers that another claim shares, and those [Referred] to, and sums up the
// rest. Then every finding that [Excerpt.Concerns] is found as if all facts were
// given, unless what is referred to has changed ([Excerpt.Moved]).
type Excerpt struct {
	Facts  []Fact
	Totals []Total // what papers whose facts are not given come to, at most one of a kind
	// EstimateNear reports whether an estimate whose facts are not given comes
	// to an amount, within [AmountApart], and OtherViews whether there is a
	// picture of the loss whose look is not. Nil where there is none.
	EstimateNear func(claim.Fen) bool
	OtherViews   func() bool
}

// Total is what papers of one kind come to.
type Total struct {
	Kind     Kind
	Sum      claim.Fen
	Largest  claim.Fen
	Document string // of the largest; of several the first by id
	Odd      bool   // one of them is no amount: nothing is held against the sum
}

// Referred are the fields of documents that papers of other documents are held
// against, by kind.
var Referred = map[Kind][]string{
	AccidentCertificate: {"plate_a", "plate_b", "party_a", "party_b"},
	VehicleLicence:      {"owner"},
	RepairEstimate:      {"shop"},
}

// Of fields in which papers are held against the policy and the report, and
// against the first of them where those say nothing.
var anchored = map[string][]Kind{
	"plate": {VehicleLicence, RepairEstimate, VATInvoice},
	"vin":   {VehicleLicence, RepairEstimate},
}

// WholeRules are the checks that rest on all papers of a claim at once.
var WholeRules = []string{"amount.estimate-invoice", "amount.over-claimed", "amount.over-survey", "photo.one-view"}

// Concerns reports whether a finding is about the documents whose facts are
// given, about no document, or about all of them.
func Concerns(f Finding, given map[string]bool) bool {
	return f.One.Document == "" || given[f.One.Document] || slices.Contains(WholeRules, f.Rule)
}

// Moved reports whether facts that have come in place of others bear on
// documents that are not given: what those are held against is another, or may
// be one of them. Then all facts are to be given.
func Moved(before, after []Fact) bool {
	return adrift(before) || adrift(after) || !maps.Equal(reference(before), reference(after))
}

// adrift reports whether papers are held against the first of them.
func adrift(facts []Fact) bool {
	said := map[string]bool{}
	for _, f := range facts {
		if (f.From == OfPolicy || f.From == OfReport && f.Field == "plate") && tight(f.Value) != "" {
			said[f.Field] = true
		}
	}
	return slices.ContainsFunc(facts, func(f Fact) bool {
		return f.From == OfDocument && slices.Contains(anchored[f.Field], f.Kind) && !said[f.Field]
	})
}

// reference is what papers are held against: of each field all that is said,
// and the first document that says something.
func reference(facts []Fact) map[Fact]bool {
	said, first := map[Fact]bool{}, map[Source]Fact{}
	for _, f := range facts {
		if f.From != OfDocument || !slices.Contains(Referred[f.Kind], f.Field) || tight(f.Value) == "" {
			continue
		}
		field := Source{Kind: f.Kind, Field: f.Field}
		said[Fact{Source: field, Value: f.Value}] = true
		if one, ok := first[field]; !ok || f.Document < one.Document {
			first[field] = f
		}
	}
	for _, f := range first {
		said[f] = true
	}
	return said
}
