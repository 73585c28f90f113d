package ocr

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"codeberg.org/go-pdf/fpdf"
	"github.com/stretchr/testify/require"

	"anpei/claim/document"
)

// leftIn reads what a reader left of a file, and says which pages there are.
func leftIn(t *testing.T, folder string) document.Preview {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(folder, document.PreviewIndex))
	require.NoError(t, err)
	var p document.Preview
	require.NoError(t, json.Unmarshal(raw, &p))
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, files, 1+2*len(p.Pages)+len(p.Fields))
	for _, f := range files {
		require.True(t, document.IsPreview(f.Name()), f.Name())
	}
	return p
}

func pictureAt(t *testing.T, folder, name string) (image.Image, []byte) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(folder, name))
	require.NoError(t, err)
	img, err := jpeg.Decode(bytes.NewReader(raw))
	require.NoError(t, err)
	return img, raw
}

// A phone stores what its sensor saw. What people look at stands upright, is
// not larger than they need, and says nothing of where it was taken.
func TestAPhotoIsSeenUprightAndWithoutItsCamerasData(t *testing.T) {
	t.Parallel()
	const w, h = 2400, 1800
	red := color.RGBA{200, 30, 30, 255}
	stored := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(stored, stored.Rect, image.NewUniform(color.RGBA{120, 160, 120, 255}), image.Point{}, draw.Src)
	draw.Draw(stored, image.Rect(0, h/2, w/2, h), image.NewUniform(red), image.Point{}, draw.Src)
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, stored, nil))
	photo := append(tagged(binary.BigEndian, aPhone()...), b.Bytes()[2:]...) // to be turned clockwise by a quarter
	folder := t.TempDir()
	r, err := Reader{}.Look(t.Context(), fileOf(t, photo), folder)
	require.NoError(t, err)
	require.Empty(t, r.Unreadable)
	require.NotNil(t, r.Camera.Place)

	require.Equal(t, document.Preview{Of: 1, Pages: []document.PageSize{{Width: h, Height: w}}}, leftIn(t, folder))
	for name, size := range map[string]image.Point{document.PageFile(1, document.Large): {1200, 1600}, document.PageFile(1, document.Small): {240, 320}} {
		seen, raw := pictureAt(t, folder, name)
		require.Equal(t, size, seen.Bounds().Size(), name)
		require.NotContains(t, string(raw), "Exif")
		require.NotContains(t, string(raw), "HUAWEI")
		at := color.RGBAModel.Convert(seen.At(size.X/4, size.Y/4)).(color.RGBA) // the left foot has come to the left head
		require.InDelta(t, red.R, at.R, 12, name)
		require.InDelta(t, red.G, at.G, 12, name)
	}
}

// A box that was read on a page is where people see its text, also on a page
// that is turned and cropped.
func TestABoxIsWhereItsTextIsSeen(t *testing.T) {
	t.Parallel()
	path := fileOf(t, turnedPDF())
	folder := t.TempDir()
	l := limits{bytes: defaultBytes, pixels: defaultPixels, pages: defaultPages, album: &album{folder: folder}}
	b, reason, err := open(t.Context(), path, l)
	require.NoError(t, err)
	require.Empty(t, reason)
	b.show(t.Context())
	require.NoError(t, l.album.err)
	page := leftIn(t, folder).Pages[0]
	require.Greater(t, page.Width, page.Height, "it lies on its side")
	seen, _ := pictureAt(t, folder, document.PageFile(1, document.Large))
	size := seen.Bounds().Size()
	require.Equal(t, min(page.Width, document.Large.Long()), size.X)
	within, dark, inside := image.Rectangle{}, 0, 0
	for _, line := range b.layer[0] {
		within = within.Union(image.Rect(line.Box[0]*size.X/page.Width, line.Box[1]*size.Y/page.Height, line.Box[2]*size.X/page.Width, line.Box[3]*size.Y/page.Height))
	}
	for y := range size.Y {
		for x := range size.X {
			if r, _, _, _ := seen.At(x, y).RGBA(); r < 0x8000 {
				dark++
				if image.Pt(x, y).In(within.Inset(-2)) {
					inside++
				}
			}
		}
	}
	require.Greater(t, dark, 500)
	require.Equal(t, dark, inside, "%v of %v", within, size)
	require.Less(t, within.Dx()*within.Dy()*4, size.X*size.Y)
}

// turnedPDF is a page of which a viewer shows a part, turned by a quarter.
func turnedPDF() []byte {
	text := "BT /F1 24 Tf 150 500 Td (HELLO CROPPED WORLD 12345) Tj ET"
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, object := range []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/CropBox[100 100 540 640]/Rotate 90/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
		fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(text), text), "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	xref := b.Len()
	b.WriteString("xref\n0 6\n0000000000 65535 f \n")
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", xref)
	return b.Bytes()
}

func TestPagesOfAPDFAreSeenUpToALimit(t *testing.T) {
	t.Parallel()
	// Small pages: they are drawn in no time, and the limit is what ends it.
	pdf := fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: 60, Ht: 40}})
	pdf.SetFont("Helvetica", "", 5)
	for range 12 {
		pdf.AddPage()
		pdf.Text(5, 10, "A page of the conditions, in words that say nothing.")
	}
	folder := t.TempDir()
	r, err := Reader{}.Read(t.Context(), fileOf(t, written(t, pdf)), folder)
	require.NoError(t, err)
	require.Equal(t, 12, r.Pages)
	left := leftIn(t, folder)
	require.Equal(t, 12, left.Of)
	require.Len(t, left.Pages, document.MostPreviews)
	require.Equal(t, document.PageSize{Width: r.Width, Height: r.Height}, left.Pages[9])
}

// Beside a value a person sees the place where it stands.
func TestAFieldIsCutOutOfItsPage(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	r, err := modelled(t).Read(t.Context(), fileOf(t, pngOf(t, clean(t))), folder)
	require.NoError(t, err)
	require.Equal(t, document.VehicleLicence, r.Kind)
	left := leftIn(t, folder)
	require.Contains(t, left.Fields, "plate")
	for _, f := range r.Fields {
		if f.Name != "plate" {
			continue
		}
		seen, _ := pictureAt(t, folder, document.FieldFile("plate"))
		wide, high := float64(f.Box[2]-f.Box[0]), float64(f.Box[3]-f.Box[1])
		require.InEpsilon(t, (wide+high)/(2*high), float64(seen.Bounds().Dx())/float64(seen.Bounds().Dy()), .1, "the box with a rim")
		require.LessOrEqual(t, seen.Bounds().Dy(), cutHigh)
	}
}

// What cannot be decoded leaves nothing to look at, and what cannot be left
// costs the file nothing.
func TestWithoutPicturesAFileIsReadAllTheSame(t *testing.T) {
	t.Parallel()
	for name, data := range map[string][]byte{"a bomb": bomb(60_000, 60_000), "a torn picture": pngOf(t, patches(3))[:200], "no pages": emptyPDF(), "a locked PDF": protectedPDF(t)[:400]} {
		folder := t.TempDir()
		r, err := Reader{}.Read(t.Context(), fileOf(t, data), folder)
		require.NoError(t, err, name)
		require.NotEmpty(t, r.Unreadable, name)
		files, err := os.ReadDir(folder)
		require.NoError(t, err)
		require.Empty(t, files, name)
	}
	r, err := Reader{}.Look(t.Context(), fileOf(t, pngOf(t, patches(1))), filepath.Join(t.TempDir(), "nowhere"))
	require.NoError(t, err)
	require.Empty(t, r.Unreadable)
	require.NotEmpty(t, r.Look)
}

func TestAPictureIsMadeSmallerAndKeepsItsTones(t *testing.T) {
	t.Parallel()
	for _, size := range []image.Point{{1, 1}, {320, 200}, {321, 200}, {4001, 3}, {3, 4001}, {4032, 3024}, {1999, 2001}} {
		src := image.NewRGBA(image.Rectangle{Max: size})
		for i := range src.Pix { // fine stripes
			src.Pix[i] = uint8(255 * (i / 4 % size.X % 2))
		}
		for i := 3; i < len(src.Pix); i += 4 {
			src.Pix[i] = 255
		}
		got := shrink(src, 320)
		to := got.Bounds().Size()
		require.LessOrEqual(t, max(to.X, to.Y), 320)
		require.Positive(t, min(to.X, to.Y))
		if max(size.X, size.Y) >= 640 && size.X > 100 {
			require.InDelta(t, 127, got.RGBAAt(to.X/2, to.Y/2).R, 40, size)
		}
	}
}
