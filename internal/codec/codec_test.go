package codec_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"anpei/internal/codec"
)

func payload(data []byte) *commonpb.Payload {
	return &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: data}
}

// What goes in comes out, whatever its size, and nothing of it can be read on
// the way.
func TestAPayloadIsSealedAndComesBack(t *testing.T) {
	c, err := codec.New(bytes.Repeat([]byte{7}, 32))
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		in := payload(rapid.SliceOfN(rapid.Byte(), 0, 4096).Draw(t, "data"))
		sealed, err := c.Encode([]*commonpb.Payload{in})
		require.NoError(t, err)
		require.NotContains(t, string(sealed[0].Data), "json/plain")
		out, err := c.Decode(sealed)
		require.NoError(t, err)
		require.True(t, proto.Equal(in, out[0]))

		sealed[0].Data[len(sealed[0].Data)-1] ^= 1
		_, err = c.Decode(sealed)
		require.ErrorContains(t, err, "wrong key or changed bytes")
	})
}

// A file that repeats itself is small in history.
func TestALargePayloadIsCompressedBeforeItIsSealed(t *testing.T) {
	c, err := codec.New(bytes.Repeat([]byte{7}, 32))
	require.NoError(t, err)
	sealed, err := c.Encode([]*commonpb.Payload{payload(bytes.Repeat([]byte(`{"kind":"own_damage"},`), 200))})
	require.NoError(t, err)
	require.Less(t, len(sealed[0].Data), 300)
}
