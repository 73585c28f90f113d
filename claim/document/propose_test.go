package document_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim/document"
)

func TestPapersProposeWhatAReportAsksFor(t *testing.T) {
	t.Parallel()
	field := func(name, value string, sure bool) document.Field {
		return document.Field{Name: name, Value: value, Sure: sure, Confidence: 9_000, Page: 1, Box: [4]int{1, 2, 3, 4}}
	}
	licence := document.Scanned{Paper: "a", Kind: document.VehicleLicence, Fields: []document.Field{
		field("plate", "沪A12345", false), field("vin", "LSVAB2189N2000127", true), field("owner", "何建国", true),
	}}
	driver := document.Scanned{Paper: "b", Kind: document.DrivingLicence, Fields: []document.Field{field("name", "何建国", false)}}
	photo := document.Scanned{Paper: "c", Kind: document.LossPhoto, Fields: []document.Field{field("plate", "沪A12345", false)}}
	other := document.Scanned{Paper: "d", Kind: document.LossPhoto, Fields: []document.Field{field("plate", "沪C88888", false)}}
	card := document.Scanned{Paper: "e", Kind: document.BankCard, Fields: []document.Field{field("card_number", "6228480402564890018", true), field("bank", "中国农业银行", true)}}
	ours := []document.Known{{Number: "PM-1", Plate: "沪A 12345"}}

	type line struct {
		field, value, paper string
		sure                bool
	}
	for _, c := range []struct {
		name     string
		papers   []document.Scanned
		policies []document.Known
		want     []line
	}{
		{"nothing", nil, ours, nil},
		{"a plate that no policy has is only read", []document.Scanned{licence, driver}, nil, []line{
			{"plate", "沪A12345", "a", false}, {"vin", "LSVAB2189N2000127", "a", true}, {"owner", "何建国", "a", true}, {"driver", "何建国", "b", false},
		}},
		{"a policy's own plate is sure, and names the policy", []document.Scanned{photo}, ours, []line{
			{"policy_no", "PM-1", "c", true}, {"plate", "沪A12345", "c", true},
		}},
		{"the same value is proposed once, from the better source", []document.Scanned{licence, photo}, nil, []line{
			{"plate", "沪A12345", "a", false}, {"vin", "LSVAB2189N2000127", "a", true}, {"owner", "何建国", "a", true},
		}},
		{"another value is proposed after the sure one", []document.Scanned{photo, other}, ours, []line{
			{"policy_no", "PM-1", "c", true}, {"plate", "沪A12345", "c", true}, {"plate", "沪C88888", "d", false},
		}},
		{"an account is only ever proposed", []document.Scanned{card}, ours, []line{
			{"account", "6228480402564890018", "e", true}, {"bank", "中国农业银行", "e", true},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []line
			for _, p := range document.Propose(c.papers, c.policies) {
				got = append(got, line{p.For, p.Value, p.Paper, p.Sure})
			}
			require.Equal(t, c.want, got)
		})
	}
}
