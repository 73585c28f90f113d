package document_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim/document"
)

// archive is a zip of entries by name and content, after the one that makes it
// an OFD file.
func archive(t *testing.T, entries ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	entries = append([]string{"OFD.xml", "<OFD/>"}, entries...)
	for i := 0; i < len(entries); i += 2 {
		w, err := z.Create(entries[i])
		require.NoError(t, err)
		_, err = w.Write([]byte(entries[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

func TestAnOFDFileIsOpenedOnlyIfThatDoesNoHarm(t *testing.T) {
	t.Parallel()
	many := make([]string, 0, 4002)
	for i := range 2001 {
		many = append(many, fmt.Sprintf("Doc_0/%d.xml", i), "")
	}
	plain := archive(t, "Doc_0/Document.xml", "<x/>")
	locked := bytes.Clone(plain)
	at := bytes.Index(locked, []byte("PK\x01\x02"))
	locked[at+8] |= 1
	lies := bytes.Clone(plain) // its directory says that an entry is larger than the file
	copy(lies[at+20:], []byte{0xff, 0xff, 0xff, 0x7f})
	for name, c := range map[string]struct {
		file   []byte
		reason string
	}{
		"an ordinary one":               {plain, ""},
		"with a slash before its names": {archive(t, "/Doc_0/Document.xml", "<x/>"), ""},
		"one that unpacks to 200 times": {archive(t, "Doc_0/Res.bin", strings.Repeat("\x00", 4<<20)), document.Overpacked},
		"too large an entry":            {archive(t, "Doc_0/Res.bin", strings.Repeat("0123456789abcdef", 1<<20)+"."), document.Overpacked},
		"too many entries":              {archive(t, many...), document.Overpacked},
		"an archive within":             {archive(t, "Doc_0/Res/More.ZIP", "PK"), document.Overpacked},
		"a name that leads away":        {archive(t, "Doc_0/../../../etc/passwd", "x"), document.Overpacked},
		"a name of another system":      {archive(t, `C:\autoexec.bat`, "x"), document.Overpacked},
		"entries that lie over others":  {lies, document.Overpacked},
		"with a password":               {locked, document.Encrypted},
		"cut off":                       {plain[:len(plain)-30], document.Truncated},
		"a zip of something else":       {bytes.ReplaceAll(plain, []byte("OFD.xml"), []byte("ABC.xml")), document.WrongType},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, reason := document.OpenOFD(bytes.NewReader(c.file), int64(len(c.file)))
			require.Equal(t, c.reason, reason)
		})
	}
}

func TestTheDataOfAnInvoiceDeclaresNoEntities(t *testing.T) {
	t.Parallel()
	const data = `<EInvoice><EIid>26442000000012345678</EIid><TotalTax-includedAmount>1.00</TotalTax-includedAmount></EInvoice>`
	_, ok := document.ParseInvoiceXML(strings.NewReader(`<?xml version="1.0"?>` + data))
	require.True(t, ok)
	for _, bad := range []string{
		`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>` + data,
		`<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd">` + data,
		strings.Repeat("<a>", 100) + data,
	} {
		_, ok := document.ParseInvoiceXML(strings.NewReader(bad))
		require.False(t, ok, bad)
	}
}
