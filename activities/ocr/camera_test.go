package ocr

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

// byteOrder is either order of bytes.
type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// tag is one entry of a picture's data, as the TIFF standard lays it out.
type tag struct {
	id, kind uint16 // 2 is text, 3 a short, 4 a long, 5 rationals
	value    any    // string, uint16, or []uint32 of numerators over 100
	in       string // "": of the picture; "exif", "gps": of the directory of that name
}

func aPhone() []tag {
	return []tag{
		{id: 0x0112, kind: 3, value: uint16(6)},
		{id: 0x010F, kind: 2, value: "HUAWEI"},
		{id: 0x0110, kind: 2, value: "ALN-AL00"},
		{id: 0x0131, kind: 2, value: "ALN-AL00 4.2.0.130"},
		{id: 0x9003, kind: 2, value: "2026:11:21 08:30:15", in: "exif"},
		{id: 0x0001, kind: 2, value: "N", in: "gps"},
		{id: 0x0002, kind: 5, value: []uint32{3100, 1400, 2400}, in: "gps"},
		{id: 0x0003, kind: 2, value: "E", in: "gps"},
		{id: 0x0004, kind: 5, value: []uint32{12100, 2900, 600}, in: "gps"},
	}
}

// tagged is the head of a JPEG file with these tags.
func tagged(order byteOrder, tags ...tag) []byte {
	dirs := map[string][]tag{}
	for _, t := range tags {
		dirs[t.in] = append(dirs[t.in], t)
	}
	tiff := []byte("II*\x00")
	if order == binary.BigEndian {
		tiff = []byte("MM\x00*")
	}
	tiff = order.AppendUint32(tiff, 0) // where the first directory is; known at the end
	write := func(list []tag) (at uint32) {
		offsets := make([]uint32, len(list))
		for i, t := range list { // what is too long for an entry comes before
			offsets[i] = uint32(len(tiff))
			switch v := t.value.(type) {
			case string:
				tiff = append(append(tiff, v...), 0)
			case []uint32:
				for _, n := range v {
					tiff = order.AppendUint32(order.AppendUint32(tiff, n), 100)
				}
			}
		}
		at = uint32(len(tiff))
		tiff = order.AppendUint16(tiff, uint16(len(list)))
		for i, t := range list {
			tiff = order.AppendUint16(order.AppendUint16(tiff, t.id), t.kind)
			switch v := t.value.(type) {
			case uint16:
				tiff = order.AppendUint16(order.AppendUint16(order.AppendUint32(tiff, 1), v), 0)
			case uint32:
				tiff = order.AppendUint32(order.AppendUint32(tiff, 1), v)
			case string:
				n := uint32(len(v) + 1)
				tiff = order.AppendUint32(tiff, n)
				if n > 4 {
					tiff = order.AppendUint32(tiff, offsets[i])
				} else {
					tiff = append(tiff, append([]byte(v), 0, 0, 0, 0)[:4]...)
				}
			case []uint32:
				tiff = order.AppendUint32(order.AppendUint32(tiff, uint32(len(v))), offsets[i])
			}
		}
		tiff = order.AppendUint32(tiff, 0)
		return at
	}
	first := dirs[""]
	for _, d := range []struct {
		name string
		id   uint16
	}{{"exif", 0x8769}, {"gps", 0x8825}} {
		if len(dirs[d.name]) > 0 {
			first = append(first, tag{id: d.id, kind: 4, value: write(dirs[d.name])})
		}
	}
	at := write(first)
	order.PutUint32(tiff[4:], at)
	body := append([]byte("Exif\x00\x00"), tiff...)
	return append(binary.BigEndian.AppendUint16([]byte("\xff\xd8\xff\xe1"), uint16(len(body)+2)), body...)
}

func TestWhatACameraSaysOfAPicture(t *testing.T) {
	t.Parallel()
	noon := func(tags ...tag) []tag {
		return append(tags, tag{id: 0x9003, kind: 2, value: "2026:11:21 12:00:00", in: "exif"})
	}
	at := func(hour, minute, second int) *time.Time {
		u := time.Date(2026, 11, 21, hour, minute, second, 0, time.UTC)
		return &u
	}
	for _, order := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
		for name, tt := range map[string]struct {
			tags   []tag
			want   claim.Camera
			edited bool
		}{
			"a phone tells all":      {tags: aPhone(), want: claim.Camera{At: at(0, 30, 15), Place: &claim.Point{Lat: 31.24, Lng: 121.485}, Device: "HUAWEI ALN-AL00", Software: "ALN-AL00 4.2.0.130"}},
			"a zone is heeded":       {tags: noon(tag{id: 0x9011, kind: 2, value: "+01:00", in: "exif"}), want: claim.Camera{At: at(11, 0, 0)}},
			"without one it is ours": {tags: noon(), want: claim.Camera{At: at(4, 0, 0)}},
			"a clock that never ran": {tags: []tag{{id: 0x9003, kind: 2, value: "0000:00:00 00:00:00", in: "exif"}}},
			"no fix is no place": {tags: []tag{
				{id: 1, kind: 2, value: "N", in: "gps"},
				{id: 2, kind: 5, value: []uint32{0, 0, 0}, in: "gps"},
				{id: 3, kind: 2, value: "E", in: "gps"},
				{id: 4, kind: 5, value: []uint32{0, 0, 0}, in: "gps"},
			}},
			"a maker is not said twice": {tags: []tag{{id: 0x010F, kind: 2, value: "Canon"}, {id: 0x0110, kind: 2, value: "Canon EOS R6"}}, want: claim.Camera{Device: "Canon EOS R6"}},
			"what changes pictures":     {tags: []tag{{id: 0x0131, kind: 2, value: "Adobe Photoshop 27.0 (Windows)"}}, want: claim.Camera{Software: "Adobe Photoshop 27.0 (Windows)"}, edited: true},
		} {
			got, _ := camera(tagged(order, tt.tags...), "jpeg")
			if tt.want.Place != nil {
				require.NotNil(t, got.Place, name)
				require.InDelta(t, tt.want.Place.Lat, got.Place.Lat, 1e-6, name)
				require.InDelta(t, tt.want.Place.Lng, got.Place.Lng, 1e-6, name)
				got.Place = tt.want.Place
			}
			require.Equal(t, tt.want, got, name)
			require.Equal(t, tt.edited, claim.Edits(got.Software), name)
		}
		_, o := camera(tagged(order, aPhone()...), "jpeg")
		require.Equal(t, 6, o)
	}
	for _, data := range [][]byte{nil, []byte("\xff\xd8\xff\xdb\x00\x43"), bytes.Repeat([]byte("\xff\xe1\xff\xff"), 99)} {
		got, o := camera(data, "jpeg")
		require.Zero(t, got)
		require.Equal(t, 1, o)
	}
}
