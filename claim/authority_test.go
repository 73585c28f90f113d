package claim_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"anpei/claim"
)

func TestALimitIsInclusive(t *testing.T) {
	t.Parallel()
	a := read[claim.Authority](t, "authority.json")
	require.NoError(t, a.Validate())
	for _, row := range []struct {
		line   claim.Line
		amount claim.Fen
		want   claim.Level
		denial claim.Level
	}{
		{claim.Motor, 0, 1, 2},
		{claim.Motor, 500_000, 1, 2}, // a machine may; a person needs level 1 all the same
		{claim.Motor, 5_000_000, 1, 2},
		{claim.Motor, 5_000_001, 2, 3},
		{claim.Motor, 20_000_000, 2, 3},
		{claim.Motor, 20_000_001, 3, 4},
		{claim.Motor, 100_000_000, 3, 4},
		{claim.Motor, 100_000_001, 4, 4}, // nobody is above the highest
		{claim.Motor, claim.Unlimited, 4, 4},
		{claim.Property, 10_000_000, 1, 2},
		{claim.Property, 10_000_001, 2, 3},
		{claim.Property, 50_000_000, 2, 3},
		{claim.Property, 50_000_001, 3, 4},
		{claim.Property, 300_000_000, 3, 4},
		{claim.Property, 300_000_001, 4, 4},
	} {
		got, err := a.Required(row.line, row.amount)
		require.NoError(t, err)
		require.Equal(t, row.want, got, "%s %s", row.line, row.amount)
		got, err = a.RequiredForDenial(row.line, row.amount)
		require.NoError(t, err)
		require.Equal(t, row.denial, got, "denial of %s %s", row.line, row.amount)
	}
}

func TestNoAuthorityWithoutALineOrForLessThanNothing(t *testing.T) {
	t.Parallel()
	a := read[claim.Authority](t, "authority.json")
	_, err := a.Required("marine", 1)
	require.ErrorContains(t, err, `no line "marine"`)
	_, err = a.RequiredForDenial("marine", 1)
	require.Error(t, err)
	_, err = a.Required(claim.Motor, -1)
	require.ErrorContains(t, err, "negative")
	_, err = claim.Authority{}.Required(claim.Motor, 1)
	require.Error(t, err)
	_, err = claim.Authority{Lines: []claim.LineAuthority{{Line: claim.Motor}}}.Required(claim.Motor, 1)
	require.ErrorContains(t, err, "no level")
}

func TestALevelHasALimit(t *testing.T) {
	t.Parallel()
	a := read[claim.Authority](t, "authority.json")
	for level, want := range []claim.Fen{500_000, 5_000_000, 20_000_000, 100_000_000, claim.Unlimited} {
		got, ok := a.Limit(claim.Motor, claim.Level(level))
		require.True(t, ok)
		require.Equal(t, want, got)
	}
	for _, level := range []claim.Level{-1, 5} {
		_, ok := a.Limit(claim.Motor, level)
		require.False(t, ok)
	}
	_, ok := a.Limit("marine", 1)
	require.False(t, ok)
}

func TestAMachineApprovesInTheFlashLaneAlone(t *testing.T) {
	t.Parallel()
	a := read[claim.Authority](t, "authority.json")
	require.True(t, a.MachineMay(claim.Motor, claim.Flash, 0))
	require.True(t, a.MachineMay(claim.Motor, claim.Flash, 500_000))
	require.False(t, a.MachineMay(claim.Motor, claim.Flash, 500_001))
	require.False(t, a.MachineMay(claim.Motor, claim.Standard, 1))
	require.False(t, a.MachineMay(claim.Motor, claim.Large, 1))
	require.True(t, a.MachineMay(claim.Property, claim.Flash, 300_000))
	require.False(t, a.MachineMay(claim.Property, claim.Flash, 300_001))
	require.False(t, a.MachineMay(claim.Motor, claim.Flash, -1))
	require.False(t, a.MachineMay("marine", claim.Flash, 1))
}

func TestAReleaseAboveTheSumTakesTwo(t *testing.T) {
	t.Parallel()
	a := read[claim.Authority](t, "authority.json")
	require.False(t, a.NeedsTwo(50_000_000))
	require.True(t, a.NeedsTwo(50_000_001))
}

// tables draws a valid authority table.
func tables(t *rapid.T) claim.Authority {
	a := claim.Authority{Version: "x", EffectiveFrom: claim.Date{Year: 2026, Month: 1, Day: 1}}
	for _, line := range []claim.Line{claim.Motor, claim.Property} {
		limit := claim.Fen(rapid.Int64Range(0, 1e6).Draw(t, "machine"))
		l := claim.LineAuthority{Line: line, Machine: limit}
		n := claim.Level(rapid.IntRange(1, 8).Draw(t, "levels"))
		for level := claim.Level(1); level < n; level++ {
			limit += claim.Fen(rapid.Int64Range(1, 1e9).Draw(t, "step"))
			l.Levels = append(l.Levels, claim.LevelLimit{Level: level, Limit: limit})
		}
		l.Levels = append(l.Levels, claim.LevelLimit{Level: n, Unlimited: true})
		a.Lines = append(a.Lines, l)
	}
	return a
}

func TestEachAmountHasOneLevelAndMoreNeedsNoLess(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := tables(t)
		require.NoError(t, a.Validate())
		line := rapid.SampledFrom([]claim.Line{claim.Motor, claim.Property}).Draw(t, "line")
		less := claim.Fen(rapid.Int64Range(0, 9e9).Draw(t, "less"))
		more := less + claim.Fen(rapid.Int64Range(0, 9e9).Draw(t, "more"))

		low, err := a.Required(line, less)
		require.NoError(t, err)
		high, err := a.Required(line, more)
		require.NoError(t, err)
		require.LessOrEqual(t, low, high)
		require.GreaterOrEqual(t, low, claim.Level(1))

		// Exactly one: the limit reaches it, and that of the level below does not.
		limit, ok := a.Limit(line, low)
		require.True(t, ok)
		require.LessOrEqual(t, less, limit)
		if low > 1 {
			below, ok := a.Limit(line, low-1)
			require.True(t, ok)
			require.Greater(t, less, below)
		}

		denial, err := a.RequiredForDenial(line, less)
		require.NoError(t, err)
		_, exists := a.Limit(line, denial)
		require.True(t, exists)
		if _, higher := a.Limit(line, low+1); higher {
			require.Equal(t, low+1, denial)
		} else {
			require.Equal(t, low, denial)
		}
	})
}

func TestAWrongAuthoritySaysAllThatIsWrong(t *testing.T) {
	t.Parallel()
	err := claim.Authority{TwoPersonRelease: -1, Lines: []claim.LineAuthority{
		{Line: claim.Motor, Machine: 100, Levels: []claim.LevelLimit{
			{Level: 1, Limit: 100}, // not above the machine's
			{Level: 3, Limit: 200}, // 2 is missing
			{Level: 3, Limit: 200, Unlimited: true},
			{Level: 4, Limit: 200}, // the highest has a ceiling
		}},
		{Line: claim.Motor, Machine: -1},
	}}.Validate()
	for _, part := range []string{
		"no version", "no date", "two_person_release_fen is negative", "line motor is listed twice",
		"line commercial_property is missing", "machine_fen is negative", "no levels",
		"level 1: limit of 100 fen is not above", "level 3 stands where 2 belongs",
		"level 3: the highest level, and no other, is unlimited", "level 3 is unlimited and has a limit",
		"level 4: the highest level, and no other, is unlimited", "level 4: limit of 200 fen is not above",
	} {
		require.ErrorContains(t, err, part)
	}
}
