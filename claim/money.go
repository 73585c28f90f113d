package claim

import (
	"errors"
	"math/big"
	"slices"
	"strconv"
	"strings"
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
