package claim

import (
	"errors"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Fen 分 is an amount of money in hundredths of a yuan. The zero value is
// nothing. JSON and SQL hold the integer; yuan exist only in [Fen.String].
type Fen int64

// BP 基点 is a ratio in basis points, hundredths of a percent: 7000 is 70 %.
// JSON and SQL hold the integer.
type BP int64

// Whole is 100 %.
const Whole BP = 10_000

// ErrOverflow says that an amount lies beyond what [Fen] can hold, about
// 92 million billion yuan: a wrong input, never a real loss.
var ErrOverflow = errors.New("the amount exceeds what can be held in fen")

// String writes the amount in yuan for people: "¥1,234.56", "-¥0.05".
func (f Fen) String() string {
	sign, yuan, fen := hundredths(int64(f))
	for i := len(yuan) - 3; i > 0; i -= 3 {
		yuan = yuan[:i] + "," + yuan[i:]
	}
	return sign + "¥" + yuan + "." + fen
}

// String writes the ratio in percent: "70.00%", "-0.05%".
func (b BP) String() string {
	sign, whole, part := hundredths(int64(b))
	return sign + whole + "." + part + "%"
}

// hundredths splits n into its sign, its whole part and two decimals. It works
// on the digits because the least int64 has no opposite.
func hundredths(n int64) (sign, whole, part string) {
	digits, negative := strings.CutPrefix(strconv.FormatInt(n, 10), "-")
	if negative {
		sign = "-"
	}
	for len(digits) < 3 {
		digits = "0" + digits
	}
	cut := len(digits) - 2
	return sign, digits[:cut], digits[cut:]
}

// Rat is the amount as an exact number of fen, the caller's to change.
func (f Fen) Rat() *big.Rat { return new(big.Rat).SetInt64(int64(f)) }

// Rat is the ratio as an exact number, 1 for [Whole], the caller's to change.
func (b BP) Rat() *big.Rat { return big.NewRat(int64(b), int64(Whole)) }

// Round turns an exact value in fen into an amount, half away from zero. A
// calculation stays exact until its payable figure and is rounded there, once.
// The only error is [ErrOverflow].
func Round(x *big.Rat) (Fen, error) {
	// |x| + ½, cut off: (2·num + den) / (2·den).
	n := new(big.Int).Abs(x.Num())
	n.Lsh(n, 1).Add(n, x.Denom())
	n.Quo(n, new(big.Int).Lsh(x.Denom(), 1))
	if x.Sign() < 0 {
		n.Neg(n)
	}
	return fenOf(n)
}

// Sum adds amounts. The order does not matter: it fails with [ErrOverflow]
// only when the sum itself cannot be held.
func Sum(amounts ...Fen) (Fen, error) {
	n := new(big.Int)
	for _, a := range amounts {
		n.Add(n, big.NewInt(int64(a)))
	}
	return fenOf(n)
}

// MostFen is the largest amount that any door takes, either way: 90 million
// million yuan, which JSON's numbers and SQL's sums hold exactly.
const MostFen Fen = 9_000_000_000_000_000

// AmountFault says what is wrong with the text of an amount.
type AmountFault string

// Faults of an amount.
const (
	FaultEmpty    AmountFault = "empty"
	FaultText     AmountFault = "text"     // something beside the number that is no part of an amount
	FaultGroups   AmountFault = "groups"   // thousands that are not three digits each
	FaultDecimals AmountFault = "decimals" // less than a fen
	FaultRange    AmountFault = "range"    // beyond [MostFen]
)

// AmountError says why a text is no amount, and how to write it.
type AmountError struct {
	Fault AmountFault `json:"fault"`
	ZH    string      `json:"zh"`
	EN    string      `json:"en"`
}

// Error returns the English text.
func (e *AmountError) Error() string { return "amount: " + e.EN }

var (
	errNoAmount = &AmountError{FaultEmpty, "请填写金额", "give an amount"}
	errBeside   = &AmountError{FaultText, "只写一个金额，例如 1,234.56 元或 1.25 万元，不要有其他文字", "write one amount and nothing else, such as 1,234.56 or 1.25万元"}
	errGroups   = &AmountError{FaultGroups, "千分位有误，应每三位一个逗号，例如 12,500.00", "thousands are groups of three digits, such as 12,500.00"}
	errDecimals = &AmountError{FaultDecimals, "金额最多到分，请核对小数位数", "an amount has no part of a fen; look at the decimals"}
	errRange    = &AmountError{FaultRange, "金额过大，请核对", "the amount is too large; look at its digits"}
)

// The parts of an amount, in the order in which people write them. A sign stands
// before the currency or after it: -¥5, ¥-5, 负5元, (负数)5.00.
var amountForm = regexp.MustCompile(`^(-|负数?|\(负数?\))? ?((?:人民币|RMB|CNY)? ?¥?) ?(-|负数?|\(负数?\))? ?([0-9][0-9,.]*) ?([万亿]?)([元圆]?)[整正]?$`)

var (
	groupsForm = regexp.MustCompile(`^(?:[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)$`)
	unitPlaces = map[string]int{"": 2, "万": 6, "亿": 10} // decimals that are whole fen
)

// ParseFen reads the text of an amount of money, all of it or nothing: 1234.5,
// １，２３４．５６, ¥-12,500, 12,500元整, 1.25万元, (负数)3163.99, (1,234.56), where
// brackets round the whole mean less than nothing, as accountants write it.
// Without a unit the number is yuan. A text with anything else in it, with
// thousands that are no groups of three, with leading zeros, with part of a fen,
// or beyond [MostFen] is no amount; the error is an [*AmountError].
func ParseFen(text string) (Fen, error) {
	s := plainAmount(text)
	if s == "" {
		return 0, errNoAmount
	}
	inside, negative := s, false
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		inside, negative = strings.TrimSpace(s[1:len(s)-1]), true
	}
	m := amountForm.FindStringSubmatch(inside)
	if m == nil || m[1] != "" && m[3] != "" || negative && m[1]+m[3] != "" {
		return 0, errBeside
	}
	negative = negative || m[1]+m[3] != ""
	whole, part, pointed := strings.Cut(m[4], ".")
	grouped := groupsForm.MatchString(whole)
	whole = strings.ReplaceAll(whole, ",", "")
	switch places := unitPlaces[m[5]]; {
	case !grouped, len(whole) > 1 && whole[0] == '0':
		return 0, errGroups
	case pointed && (part == "" || !digits(part)):
		return 0, errBeside
	case len(part) > places:
		return 0, errDecimals
	default:
		part += strings.Repeat("0", places-len(part))
	}
	n, err := strconv.ParseInt(whole+part, 10, 64)
	if err != nil || Fen(n) > MostFen {
		return 0, errRange
	}
	if negative {
		n = -n
	}
	return Fen(n), nil
}

// percentForm is a ratio in per cent, with hundredths of one at most.
var percentForm = regexp.MustCompile(`^([0-9]{1,3})(?:\.([0-9]{1,2}))? ?%?$`)

var errRatio = errors.New("a ratio is a number from 0 to 100 with two decimals at most, such as 70%, 33.33")

// ParseBP reads the text of a ratio in per cent, all of it or nothing: 70, 70%,
// ３３．３３％. The error says what a ratio is.
func ParseBP(text string) (BP, error) {
	m := percentForm.FindStringSubmatch(plainAmount(text))
	if m == nil {
		return 0, errRatio
	}
	n, err := strconv.Atoi(m[1] + (m[2] + "00")[:2])
	if err != nil || BP(n) > Whole {
		return 0, errRatio
	}
	return BP(n), nil
}

// plainAmount writes full-width letters, digits and signs, and all dashes and
// spaces, in their ASCII forms, and one space for several.
func plainAmount(text string) string {
	s := strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '￥':
			return '¥'
		case r == '−' || unicode.Is(unicode.Pd, r):
			return '-'
		}
		return r
	}, text)
	return strings.Join(strings.Fields(s), " ")
}

func fenOf(n *big.Int) (Fen, error) {
	if !n.IsInt64() {
		return 0, ErrOverflow
	}
	return Fen(n.Int64()), nil
}

// Share divides total in proportion to weights by largest remainder: everyone
// gets the whole fen of his exact share, and the fen left over go one each to
// the largest fractions cut off, ties in order. The shares add up to total, a
// greater weight never gets less than a smaller one, and nobody is further
// than a fen from his exact share. A negative total is divided like its
// opposite.
//
// A weight that is nil, zero or negative gets nothing; when all are, nothing is
// divided and every share is zero. (As with every division by largest
// remainder, one fen more in total may cost somebody a fen: divide a whole
// once, do not divide its parts again.)
func Share(total Fen, weights []*big.Rat) []Fen {
	shares := make([]Fen, len(weights))
	sum := new(big.Rat)
	for _, w := range weights {
		if w != nil && w.Sign() > 0 {
			sum.Add(sum, w)
		}
	}
	if sum.Sign() == 0 {
		return shares
	}

	type fraction struct {
		of  int // index into weights
		cut *big.Rat
	}
	var fractions []fraction
	left := big.NewInt(int64(total))
	for i, w := range weights {
		if w == nil || w.Sign() <= 0 {
			continue
		}
		exact := new(big.Rat).Quo(w, sum)
		exact.Mul(exact, total.Rat())
		fen := new(big.Int).Quo(exact.Num(), exact.Denom()) // towards zero
		shares[i] = Fen(fen.Int64())                        // between zero and total, so it fits
		left.Sub(left, fen)
		exact.Sub(exact, new(big.Rat).SetInt(fen))
		fractions = append(fractions, fraction{i, exact.Abs(exact)})
	}
	slices.SortStableFunc(fractions, func(a, b fraction) int { return b.cut.Cmp(a.cut) })
	one := Fen(left.Sign())
	for _, f := range fractions[:left.Abs(left).Int64()] { // fewer fen are left than there are shares
		shares[f.of] += one
	}
	return shares
}

// Rats are amounts as exact numbers, for use as weights in [Share].
func Rats(amounts ...Fen) []*big.Rat {
	rats := make([]*big.Rat, len(amounts))
	for i, a := range amounts {
		rats[i] = a.Rat()
	}
	return rats
}
