package document

import (
	"fmt"
	"math/bits"
	"strconv"
)

// Look is what a picture looks like (感知哈希): 64 bits that are the same, or
// nearly so, when the picture is saved anew, made smaller or brighter, or cut a
// little. The first is of the whole picture, the others of parts of it: each
// has 95 % of either side, and they lie in the corners, at the middle of the
// edges and in the centre. What somebody has cut off at the edges leaves a
// picture that is close to one of the parts.
type Look [Views]uint64

// Views is how many of a picture's views have a hash of their own.
const Views = 10

// AlikeWithin is in how many of 64 bits two pictures may differ that may be one,
// the whole of one against any view of the other; [Picture.Difference] decides.
// What was cut, saved anew and made smaller is within 10, and so are different
// pictures of one scene. Two hashes by lot are within 10 in one of 10⁸ cases
// (Σ C(64,k), k ≤ 10, over 2⁶⁴).
const AlikeWithin = 10

// Distance is the number of bits in which two pictures differ: the whole of
// one, and that view of the other which comes closest.
func (l Look) Distance(o Look) int {
	least := 64
	for i := range Views {
		least = min(least, bits.OnesCount64(l[0]^o[i]), bits.OnesCount64(l[i]^o[0]))
	}
	return least
}

// Kept returns what a picture is found by: the bands of 16 bits of each hash,
// those of the whole told from those of the parts. Each bit is in two bands, so
// that two hashes that differ in at most 3 bits have one in common, and most that
// differ in 6; there are 19 pairs of hashes to meet in.
func (l Look) Kept() []int32 {
	keys := make([]int32, 0, allBands*Views)
	for view, hash := range l {
		keys = bands(keys, min(view, 1), hash)
	}
	return keys
}

// Asked returns the bands under which a picture like this one may be kept: the
// whole's under all views, the parts' under the whole. Of n pictures 152 n / 2¹⁶
// have one of them by chance: 2,300 of a million, whose distances are reckoned.
func (l Look) Asked() []int32 {
	keys := bands(bands(make([]int32, 0, allBands*(Views+1)), 0, l[0]), 1, l[0])
	for _, hash := range l[1:] {
		keys = bands(keys, 0, hash)
	}
	return keys
}

// allBands is how many bands a hash has: four of bits that lie side by side,
// which are frequencies down the picture, and four of each fourth bit, across.
const allBands = 8

func bands(keys []int32, view int, hash uint64) []int32 {
	for band := range allBands {
		var word uint64
		if band < 4 {
			word = hash >> (16 * band) & 0xffff
		} else {
			for i := range 16 {
				word |= hash >> (4*i + band - 4) & 1 << i
			}
		}
		keys = append(keys, int32(view<<19|band<<16|int(word))) //nolint:gosec // 20 bits
	}
	return keys
}

// String returns the hashes in hexadecimal digits, 16 each.
func (l Look) String() string {
	s := make([]byte, 0, 16*Views)
	for _, hash := range l {
		s = fmt.Appendf(s, "%016x", hash)
	}
	return string(s)
}

// ParseLook reads what [Look.String] wrote, and reports whether it is that.
func ParseLook(s string) (l Look, ok bool) {
	if len(s) != 16*Views {
		return Look{}, false
	}
	for i := range l {
		hash, err := strconv.ParseUint(s[16*i:16*i+16], 16, 64)
		if err != nil {
			return Look{}, false
		}
		l[i] = hash
	}
	return l, true
}
