package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

// The contract spells out what package claim has a list of.
func TestTheContractHasTheWordsOfTheTrade(t *testing.T) {
	t.Parallel()
	spec, _ := prepared(t)
	same := func(schema, property string, want []string) {
		t.Helper()
		var got []string
		for _, one := range spec.Components.Schemas[schema].Value.Properties[property].Value.Enum {
			got = append(got, one.(string))
		}
		require.ElementsMatch(t, want, got, "%s.%s", schema, property)
	}
	same("Party", "role", texts(claim.PartyRoles()))
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, one := range list {
		out[i] = string(one)
	}
	return out
}
