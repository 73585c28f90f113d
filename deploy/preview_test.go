package deploy_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"testing"

	"codeberg.org/go-pdf/fpdf"
	"github.com/stretchr/testify/require"

	"anpei/deploy/demo/play"
	"anpei/schemas/rest"
)

// turned is a photo as a phone stores it that was held upright: what the sensor
// saw, red at its left foot, and a tag that says to turn it clockwise.
func turned(t *testing.T) []byte {
	t.Helper()
	seen := image.NewRGBA(image.Rect(0, 0, 2000, 1500))
	draw.Draw(seen, seen.Rect, image.NewUniform(color.RGBA{90, 140, 160, 255}), image.Point{}, draw.Src)
	draw.Draw(seen, image.Rect(0, 750, 1000, 1500), image.NewUniform(color.RGBA{220, 20, 20, 255}), image.Point{}, draw.Src)
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, seen, nil))
	tag := "\xff\xd8\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
	return append([]byte(tag), b.Bytes()[2:]...)
}

// twoPages is a letter.
func twoPages(t *testing.T) []byte {
	t.Helper()
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetFont("Helvetica", "", 14)
	pdf.AddPage()
	pdf.Text(20, 30, "The first page of an ordinary letter, which says that it is one.")
	return onePage(t, pdf, "And its second page.")
}

// previews looks at what was made of files for people to look at: those of the
// photo stand upright and have lost what the camera said, pages can be turned,
// and what could not be decoded has none.
func previews(ctx context.Context, t *testing.T, me play.Caller, number string, ids map[string]string) {
	t.Helper()
	look := func(name, query string) ([]byte, *play.Problem) {
		raw, err := me.Bytes(ctx, "/claims/"+number+"/documents/"+ids[name]+"/preview"+query)
		return raw, play.ProblemOf(err)
	}
	about := func(name string) *rest.Preview {
		d, err := play.Get[rest.Document](ctx, me, "/claims/"+number+"/documents/"+ids[name])
		require.NoError(t, err)
		return d.Preview
	}
	require.Equal(t, []rest.PreviewedPage{{Width: 1500, Height: 2000}}, about("turned.jpg").Pages)
	for query, size := range map[string]image.Point{"": {1200, 1600}, "?size=small": {240, 320}} {
		raw, problem := look("turned.jpg", query)
		require.Nil(t, problem, query)
		require.NotContains(t, string(raw), "Exif")
		picture, err := jpeg.Decode(bytes.NewReader(raw))
		require.NoError(t, err)
		require.Equal(t, size, picture.Bounds().Size())
		r, g, _, _ := picture.At(size.X/4, size.Y/4).RGBA()
		require.Greater(t, r, 2*g, "red has come from the left foot to the left head")
	}

	require.Equal(t, 2, about("of-two-pages.pdf").Of)
	require.Len(t, about("of-two-pages.pdf").Pages, 2)
	first, problem := look("of-two-pages.pdf", "")
	require.Nil(t, problem)
	second, problem := look("of-two-pages.pdf", "?page=2")
	require.Nil(t, problem)
	require.NotEqual(t, first, second)
	_, problem = look("of-two-pages.pdf", "?page=3")
	require.Equal(t, "/problems/no-preview", problem.Type)

	require.NotNil(t, about("an-empty-page.pdf"), "what nobody can read can be seen")
	for _, name := range []string{"cut-off.jpg", "with-a-password.pdf", "invoice.ofd", "invoice.xml"} {
		require.Nil(t, about(name), name)
		_, problem := look(name, "")
		require.NotNil(t, problem, name)
		require.Equal(t, "/problems/no-preview", problem.Type, name)
	}
}
