package document

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPictureIsSentBackForTheReasonThatHelps(t *testing.T) {
	t.Parallel()
	fine := Quality{Lines: 30, Score: 9800, Letters: 28, Light: 229, Contrast: 120, Sharpness: 2900, Edges: 5000, Smear: 9000, Side: 700, Doubtful: 8800}
	whole := []Field{{Name: "licence_no"}, {Name: "name"}, {Name: "birth_date"}, {Name: "issue_date"}, {Name: "class"}, {Name: "valid_until"}}
	with := func(change func(*Quality)) Quality {
		q := fine
		change(&q)
		return q
	}
	for name, c := range map[string]struct {
		quality Quality
		kind    Kind
		fields  []Field
		want    string
	}{
		"a good picture":                        {fine, DrivingLicence, whole, ""},
		"a good picture of a field fewer":       {fine, DrivingLicence, whole[:2], ""},
		"in the dark":                           {with(func(q *Quality) { q.Light, q.Contrast = 22, 24 }), DrivingLicence, whole[:1], Dark},
		"a dark card in good light":             {with(func(q *Quality) { q.Light, q.Contrast = 55, 130 }), BankCard, []Field{{Name: "card_number"}}, ""},
		"half of it hidden by glare":            {with(func(q *Quality) { q.Glare = 2400 }), DrivingLicence, whole[:3], Glare},
		"bright paper on which all can be read": {with(func(q *Quality) { q.Glare = 2400 }), DrivingLicence, whole, ""},
		"half of it outside":                    {with(func(q *Quality) { q.Cut = 2 }), DrivingLicence, whole[:3], CutOff},
		"a line of the next page at the edge":   {with(func(q *Quality) { q.Cut = 2 }), DrivingLicence, whole, ""},
		"ink that a lamp has washed out":        {with(func(q *Quality) { q.Glare, q.Faded = 2000, 180 }), DrivingLicence, whole, Glare},
		"pale print on white paper":             {with(func(q *Quality) { q.Faded = 540 }), DrivingLicence, whole, ""},
		"written up to an edge that is outside": {with(func(q *Quality) { q.Out, q.Beyond = 1, 1 }), DrivingLicence, whole, CutOff},
		"a blank margin outside":                {with(func(q *Quality) { q.Out = 1 }), DrivingLicence, whole, ""},
		"a margin and some fields outside":      {with(func(q *Quality) { q.Out = 1 }), DrivingLicence, whole[:3], CutOff},
		"the upper half of a card outside": {with(func(q *Quality) { q.Cut, q.Out = 1, 1 }), IDCard, []Field{
			{Name: "id_number"}, {Name: "address"}, {Name: "birth_date", Note: fromNumber}, {Name: "sex", Note: fromNumber},
		}, CutOff},
		"a corner outside":                        {with(func(q *Quality) { q.Out, q.Corners = 2, 1 }), DrivingLicence, whole, CutOff},
		"between two stripes":                     {with(func(q *Quality) { q.Out = 2 }), DrivingLicence, whole, ""},
		"part of nobody knows what":               {with(func(q *Quality) { q.Out = 1 }), Other, nil, CutOff},
		"from afar":                               {with(func(q *Quality) { q.Letters, q.Score, q.Side = 6, 6500, 120 }), Other, nil, TooSmall},
		"shaken":                                  {with(func(q *Quality) { q.Score, q.Lines, q.Edges = 7000, 2, 800 }), Unknown, nil, Blurred},
		"shaken, taken for a photo of the loss":   {with(func(q *Quality) { q.Score, q.Lines, q.Edges = 0, 0, 650 }), LossPhoto, nil, Blurred},
		"a loss, with a sign in the background":   {with(func(q *Quality) { q.Score, q.Lines, q.Edges = 6000, 1, 3000 }), LossPhoto, nil, ""},
		"a loss, soft but steady":                 {with(func(q *Quality) { q.Score, q.Lines, q.Edges, q.Smear = 0, 0, 1500, 5500 }), LossPhoto, nil, ""},
		"a paper shaken, taken for a loss":        {with(func(q *Quality) { q.Score, q.Lines, q.Edges, q.Smear = 0, 0, 1800, 3400 }), LossPhoto, nil, Blurred},
		"a roller door, dented":                   {with(func(q *Quality) { q.Score, q.Lines, q.Edges, q.Smear = 0, 0, 2600, 3000 }), LossPhoto, nil, ""},
		"a corrugated wall with a sign":           {with(func(q *Quality) { q.Score, q.Lines, q.Edges, q.Smear = 9900, 1, 1400, 3400 }), LossPhoto, nil, ""},
		"lines that nobody can read, and no loss": {with(func(q *Quality) { q.Score, q.Lines, q.Edges, q.Unread = 0, 0, 1400, 8 }), LossPhoto, nil, Blurred},
		"a loss at dusk whose plate was legible":  {with(func(q *Quality) { q.Lines, q.Light = 1, 20 }), LossPhoto, []Field{{Name: "plate"}}, ""},
		"a blank page":                            {Quality{Light: 255, Side: 600, Doubtful: 8800}, Unknown, nil, NothingFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.quality.Retake(c.kind, c.fields))
		})
	}
}

func TestASecondReaderMustHaveReadTheSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value, line string
		want              bool
	}{
		{"total_fen", "287288", "(Jv5) ¥2872.88", true},
		{"total_fen", "287288", "¥2872.86", false},
		{"total_fen", "287288", "¥12872.88", false},
		{"issue_date", "2026-03-09", "FR AH : 2026F03A09A", true},
		{"issue_date", "2026-03-09", "2026-03-19", false},
		{"engine_no", "M6DH0C2C", "ZN : M6DH0C2C", true},
		{"engine_no", "M6DH0C2C", "M6DH0C2CX", false},
		{"invoice_number", "70734235", "170734235", false},
		{"model", "BYD7009BEV", "BYD 7009 BEV", true},
	} {
		require.Equal(t, c.want, Heard(c.name, c.value, c.line), c.line)
	}
	require.False(t, Spelled("owner", "测试张三"))
	require.True(t, Spelled("vin", "LSVML0ZL1G0412795"))
}
