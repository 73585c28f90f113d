package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"anpei/api/contract"
	"anpei/claim"
)

func TestAKeyIsItsCallersAlone(t *testing.T) {
	t.Parallel()
	require.Len(t, updateID("zhang", "key-0001"), 32)
	require.NotEqual(t, updateID("zhang", "key-0001"), updateID("zhang", "key-0002"))
	require.NotEqual(t, updateID("zhang", "key-0001"), updateID("li", "key-0001"))
}

// A claim's id must never change with a release: a late retry would open a
// second life.
func TestIDsStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	require.Equal(t, claim.ID("c1572a2e-1627-5e89-9ea3-941304394485"), reportedAs("app", "phone:1", "key-0001"))
	require.Equal(t, "99c706be-b230-5176-9d25-c0457b99119e", documentID("c", "ab"))
	require.Equal(t, "133e535e-e143-5407-b2d3-cc5b41177eff", uploadID("zhang", "key-0001"))
	require.Equal(t, "6abd935133d8fe9321a4627af74fdbf9", updateID("zhang", "key-0001"))
}

func TestAClaimIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	ids := map[claim.ID]string{}
	for _, channel := range []string{"app", "web"} {
		for _, by := range []claim.Principal{"phone:1", "phone:2"} {
			for _, key := range []string{"key-0001", "key-0002"} {
				id := reportedAs(channel, by, key)
				require.Empty(t, ids[id])
				ids[id] = channel + string(by) + key
			}
		}
	}
}

func TestTheHashTellsCommandsApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z]{1,6}`)
		type command struct{ act, id, body string }
		draw := func(name string) command {
			return command{word.Draw(t, name+" act"), word.Draw(t, name+" claim"), rapid.String().Draw(t, name+" body")}
		}
		a, b := draw("a"), draw("b")
		same := hashOf(claim.Act(a.act), claim.ID(a.id), []byte(a.body)) == hashOf(claim.Act(b.act), claim.ID(b.id), []byte(b.body))
		require.Equal(t, a == b, same)
	})
}

func TestAStoredAnswerIsForTheSameBodyAlone(t *testing.T) {
	t.Parallel()
	o := order{act: claim.ActConsent, hash: "h"}
	receipt, err := o.stored("h", []byte(`{"claim":"c","number":"AP-1","result":"recommended","refusal":{"rule":"authority.limit","detail":"d"}}`))
	require.NoError(t, err, "a recommendation is no error")
	require.Equal(t, claim.Recommended, receipt.Result)

	_, err = o.stored("h", []byte(`{"result":"refused","refusal":{"rule":"separation.review-own-survey","detail":"d"}}`))
	require.Equal(t, 403, contract.ProblemOf(err).Status)
	require.Equal(t, "separation.review-own-survey", contract.ProblemOf(err).Rule)

	_, err = o.stored("other", []byte(`{"result":"done"}`))
	require.Equal(t, "/problems/key-reused", contract.ProblemOf(err).Type)
	require.Equal(t, 422, contract.ProblemOf(err).Status)
}
