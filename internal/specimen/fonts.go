package specimen

import (
	"fmt"
	"os"
	"sync"

	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// FontVariable names the environment variable that holds the path of a
// TrueType font with Chinese characters, where Debian's is not.
const FontVariable = "ANPEI_FONT"

const debianFont = "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"

var fontFile = sync.OnceValues(func() ([]byte, error) {
	path := os.Getenv(FontVariable)
	if path == "" {
		path = debianFont
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the Chinese font (Debian package fonts-droid-fallback, or set %s): %w", FontVariable, err)
	}
	return data, nil
})

var parsed = sync.OnceValues(func() ([2]*sfnt.Font, error) {
	data, err := fontFile()
	if err != nil {
		return [2]*sfnt.Font{}, err
	}
	han, err := sfnt.Parse(data)
	if err != nil {
		return [2]*sfnt.Font{}, fmt.Errorf("parse the Chinese font: %w", err)
	}
	latin, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return [2]*sfnt.Font{}, fmt.Errorf("parse Go Regular: %w", err)
	}
	return [2]*sfnt.Font{han, latin}, nil
})

// Typefaces that a set of specimens is drawn in, when they are installed: the
// first of each list is always there. Those apart are kept for measuring.
var (
	hanFaces   = []string{debianFont, "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"}
	hanApart   = []string{"/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc", "/usr/share/fonts/truetype/arphic/ukai.ttc", "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"}
	latinFaces = [][]byte{goregular.TTF, gomono.TTF, gomedium.TTF}
	latinApart = []string{"/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf", "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf", "/usr/share/fonts/truetype/dejavu/DejaVuSansCondensed.ttf"}
)

var faces sync.Map // path → *sfnt.Font

// face returns a typeface by its file, or nil when it is not there.
func face(path string) *sfnt.Font {
	if f, ok := faces.Load(path); ok {
		return f.(*sfnt.Font)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	c, err := sfnt.ParseCollection(data)
	if err != nil {
		return nil
	}
	f, err := c.Font(min(2, c.NumFonts()-1)) // of Noto's collections the third is simplified Chinese
	if err != nil {
		return nil
	}
	faces.Store(path, f)
	return f
}

// chosen returns the typefaces of a specimen: by n from the usual ones, or from
// those that are kept apart.
func chosen(n int, apart bool) (*fonts, error) {
	f, err := loadFonts()
	if err != nil {
		return nil, err
	}
	if apart {
		for i := range hanApart {
			if han := face(hanApart[(n+i)%len(hanApart)]); han != nil {
				f.han = han
				break
			}
		}
		if latin := face(latinApart[n/len(hanApart)%len(latinApart)]); latin != nil {
			f.latin, f.slashed = latin, false
		}
		return f, nil
	}
	if han := face(hanFaces[n%len(hanFaces)]); han != nil {
		f.han = han
	}
	if f.latin, err = sfnt.Parse(latinFaces[n/len(hanFaces)%len(latinFaces)]); err != nil {
		return nil, fmt.Errorf("parse a typeface: %w", err)
	}
	return f, nil
}

// fonts draws letters. The fallback font has hanzi and no ASCII, Go Regular
// the other way round.
type fonts struct {
	han, latin *sfnt.Font
	slashed    bool // the zero is stroked through, which no paper's is
	buffer     sfnt.Buffer
}

func loadFonts() (*fonts, error) {
	p, err := parsed()
	if err != nil {
		return nil, err
	}
	return &fonts{han: p[0], latin: p[1], slashed: true}, nil
}

// advance returns how far the pen moves for a character.
func (f *fonts) advance(r rune, size float64) float64 {
	font := f.of(r)
	index, _ := font.GlyphIndex(&f.buffer, r)
	a, err := font.GlyphAdvance(&f.buffer, index, fixed.Int26_6(size*64), 0)
	if err != nil {
		return size
	}
	return float64(a) / 64
}

func (f *fonts) of(r rune) *sfnt.Font {
	if r < 0x250 {
		return f.latin
	}
	return f.han
}

// outline returns the shape of a character whose baseline begins at x, y.
func (f *fonts) outline(r rune, x, y, size float64) *path {
	narrow := 1.0
	if r == '0' && f.slashed { // take the letter, as slim as the digit
		narrow, r = f.advance('0', size)/f.advance('O', size), 'O'
	}
	font := f.of(r)
	index, _ := font.GlyphIndex(&f.buffer, r)
	segments, err := font.LoadGlyph(&f.buffer, index, fixed.Int26_6(size*64), nil)
	if err != nil || len(segments) == 0 {
		return nil
	}
	at := func(p fixed.Point26_6) pt { return pt{x + float64(p.X)/64*narrow, y + float64(p.Y)/64} }
	p := &path{}
	for _, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			p.pieces = append(p.pieces, piece{move: true, points: []pt{at(s.Args[0])}})
		case sfnt.SegmentOpLineTo:
			p.pieces = append(p.pieces, piece{points: []pt{at(s.Args[0])}})
		case sfnt.SegmentOpQuadTo:
			p.pieces = append(p.pieces, piece{points: []pt{at(s.Args[0]), at(s.Args[1])}})
		case sfnt.SegmentOpCubeTo:
			p.pieces = append(p.pieces, piece{points: []pt{at(s.Args[0]), at(s.Args[1]), at(s.Args[2])}})
		}
	}
	return p
}
