package ocr

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func FuzzCamera(f *testing.F) {
	for _, order := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
		f.Add(tagged(order, aPhone()...), false)
		f.Add(tagged(order, aPhone()[:3]...)[:60], true)
	}
	f.Fuzz(func(t *testing.T, data []byte, png bool) {
		format := "jpeg"
		if png {
			format = "png"
		}
		c, o := camera(data, format)
		require.True(t, o >= 1 && o <= 8)
		require.LessOrEqual(t, len(c.Software), longestTag)
		require.True(t, utf8.ValidString(c.Device+c.Software))
		require.True(t, c.Place == nil || c.Place.Validate() == nil)
	})
}

func FuzzOFD(f *testing.F) {
	f.Add(ofd(f, "Doc_0/Attachs/original_invoice.xml", `<eInvoice><InvoiceNo>70734235</InvoiceNo><TaxInclusiveTotalAmount>1.00</TaxInclusiveTotalAmount></eInvoice>`))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := fileOf(t, data)
		h, err := os.Open(file)
		require.NoError(t, err)
		defer h.Close()
		r, err := readOFD(h, int64(len(data)))
		require.NoError(t, err)
		require.Equal(t, r.Unreadable == "", len(r.Fields) > 0)
	})
}

func FuzzTextLayer(f *testing.F) {
	f.Add([]byte(`<doc><page width="595" height="842"><word xMin="10" yMin="10" xMax="40" yMax="20">发票</word></page></doc>`))
	f.Add([]byte(`<page><word xMin="NaN" yMin="-1e99" xMax="1e300" yMax="x">&amp;<b>a</b></word>`))
	f.Fuzz(func(_ *testing.T, layer []byte) {
		_, _ = parseLayer(bytes.NewReader(layer))
	})
}

func FuzzDrawnPage(f *testing.F) {
	f.Add([]byte("P6\n2 1\n255\n\x01\x02\x03\x04\x05\x06"))
	f.Add([]byte("P6 999999999 999999999 255\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if img, err := ppm(data); err == nil {
			require.False(t, img.Bounds().Empty())
		}
	})
}
