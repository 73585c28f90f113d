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

// AlikeWithin is in how many of 64 bits two pictures may differ that are taken
// for one, the whole of one against any view of the other. Measured on drawn
// pictures: saved anew or made smaller they differ in 2 at most; nine of ten
// that were cut by up to 5 % at each edge, saved anew and made smaller are
// within 6; 40 drawn pictures of different losses lie 8 apart and more. Two hashes by
// lot are within 6 in one of 2·10¹¹ cases (Σ C(64,k), k ≤ 6, over 2⁶⁴).
const AlikeWithin = 6

// Distance is the number of bits in which two pictures differ: the whole of
// one, and that view of the other which comes closest.
func (l Look) Distance(o Look) int {
	least := 64
	for i := range Views {
		least = min(least, bits.OnesCount64(l[0]^o[i]), bits.OnesCount64(l[i]^o[0]))
	}
	return least
}

// Kept returns what a picture is found by: the four bands of 16 bits of each
// hash, those of the whole told from those of the parts. Two hashes that differ
// in at most 3 bits have a band in common (four bands, three bits); what is
// farther apart mostly has, since there are 19 pairs of hashes to meet in.
func (l Look) Kept() []int32 {
	keys := make([]int32, 0, 4*Views)
	for view, hash := range l {
		keys = bands(keys, min(view, 1), hash)
	}
	return keys
}

// Asked returns the bands under which a picture like this one may be kept: the
// whole's under all views, the parts' under the whole. Of n pictures 76 n / 2¹⁶
// have one of them by chance: 1,200 of a million, whose distances are reckoned.
func (l Look) Asked() []int32 {
	keys := bands(bands(make([]int32, 0, 4*(Views+1)), 0, l[0]), 1, l[0])
	for _, hash := range l[1:] {
		keys = bands(keys, 0, hash)
	}
	return keys
}

func bands(keys []int32, view int, hash uint64) []int32 {
	for band := range 4 {
		keys = append(keys, int32(view<<18|band<<16|int(hash>>(16*band)&0xffff))) //nolint:gosec // 19 bits
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
