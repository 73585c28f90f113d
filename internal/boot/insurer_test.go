package boot_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim"
	"anpei/internal/boot"
)

func TestASettingOfTheInsurerThatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	whole := boot.Config{InsurerName: "样例保险", InsurerAddress: "样例路1号", InsurerHotline: "400-000-0000"}
	insurer, err := whole.Insurer()
	require.NoError(t, err)
	require.Equal(t, claim.Text{ZH: "样例保险", EN: "样例保险"}, insurer.Name, "in English as in Chinese, where it has no other name")

	for setting, without := range map[string]func(*boot.Config){
		"ANPEI_INSURER_NAME: want":    func(c *boot.Config) { c.InsurerName = " " },
		"ANPEI_INSURER_ADDRESS: want": func(c *boot.Config) { c.InsurerAddress = "" },
		"ANPEI_INSURER_HOTLINE: want": func(c *boot.Config) { c.InsurerHotline = "call us" },
	} {
		c := whole
		without(&c)
		_, err := c.Insurer()
		require.ErrorContains(t, err, setting)
	}
}

func TestMessagesLinkToWhereBrowsersReachThePages(t *testing.T) {
	t.Parallel()
	require.Equal(t, "https://claims.example.com", boot.Config{Origin: "https://claims.example.com/", Listen: "127.0.0.1:8080"}.Pages())
	require.Equal(t, "http://127.0.0.1:8080", boot.Config{Listen: "127.0.0.1:8080"}.Pages())
}
