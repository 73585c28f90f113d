package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim/document"
)

func TestASureValueThatDoesNotStandOnThePaperIsWrong(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "manifest.tsv")
	require.NoError(t, os.WriteFile(path, []byte("file\ttype\tfields\tsource\n"+
		"a.pdf\tvat_invoice\t{\"total\": \"12.50\", \"buyer_tax_id\": null}\tdrawn\n"+
		"b.pdf\tvat_invoice\t{\"total\": \"12.50\", \"*\": null}\tdrawn\n"), 0o600))
	rows, err := manifest(path)
	require.NoError(t, err)
	require.Equal(t, []string{"buyer_tax_id"}, rows[0].absent)
	require.True(t, rows[1].complete)

	sure := func(names ...string) document.Reading {
		r := document.Reading{Kind: document.VATInvoice, Fields: []document.Field{{Name: "total_fen", Value: "1250", Sure: true}, {Name: "seller", Value: "x"}}}
		for _, name := range names {
			r.Fields = append(r.Fields, document.Field{Name: name, Value: "91310115MA1TE5T01C", Sure: true})
		}
		return r
	}
	for _, c := range []struct {
		name                            string
		row                             row
		reading                         document.Reading
		matched, accepted, wrong, apart int
	}{
		{"what must be absent is", rows[0], sure(), 2, 1, 0, 0},
		{"what must be absent is sure", rows[0], sure("buyer_tax_id"), 1, 2, 1, 0},
		{"what no truth names", rows[0], sure("seller_tax_id"), 2, 1, 0, 1},
		{"what a complete truth does not name", rows[1], sure("seller_tax_id"), 1, 2, 1, 0},
		{"a complete truth, and nothing else", rows[1], sure(), 1, 1, 0, 0},
	} {
		s := judge(c.row, c.reading)
		require.Equal(t, []int{c.matched, c.accepted, c.wrong, c.apart}, []int{s.matched, s.accepted, s.acceptedWrong, len(s.unjudged)}, c.name)
		require.Equal(t, c.wrong, s.guardedWrong, c.name)
	}
	unsure := sure("buyer_tax_id")
	unsure.Fields[2].Sure = false
	require.Zero(t, judge(rows[0], unsure).acceptedWrong, "an unsure value is a question and no mistake")
}
