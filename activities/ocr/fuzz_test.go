package ocr

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzOrientation(f *testing.F) {
	f.Add(exif(binary.LittleEndian, 6))
	f.Add(exif(binary.BigEndian, 3))
	f.Fuzz(func(t *testing.T, head []byte) {
		o := orientation(head)
		require.True(t, o >= 1 && o <= 8)
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
