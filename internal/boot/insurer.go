package boot

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"anpei/claim"
)

var dialled = regexp.MustCompile(`^\+?[0-9][0-9 -]{2,18}[0-9]$`)

// Insurer returns who signs messages and letters, and fails where a setting is
// missing: a letter without them has no legal form.
func (c Config) Insurer() (claim.Insurer, error) {
	var errs []error
	for _, s := range []struct{ setting, value, want string }{
		{"ANPEI_INSURER_NAME", c.InsurerName, "the insurer's registered name, which signs its letters"},
		{"ANPEI_INSURER_ADDRESS", c.InsurerAddress, "the insurer's postal address, to which claimants write"},
	} {
		if strings.TrimSpace(s.value) == "" {
			errs = append(errs, fmt.Errorf("%s: want %s", s.setting, s.want))
		}
	}
	if !dialled.MatchString(c.InsurerHotline) {
		errs = append(errs, errors.New("ANPEI_INSURER_HOTLINE: want the telephone number that messages and letters give, as 400-000-0000"))
	}
	return claim.Insurer{
		Name:    claim.Text{ZH: c.InsurerName, EN: cmp.Or(c.InsurerNameEN, c.InsurerName)},
		Address: claim.Text{ZH: c.InsurerAddress, EN: cmp.Or(c.InsurerAddressEN, c.InsurerAddress)},
		Hotline: c.InsurerHotline,
	}, errors.Join(errs...)
}

// Pages is where browsers reach the pages, without a slash at the end.
func (c Config) Pages() string {
	return strings.TrimSuffix(cmp.Or(c.Origin, "http://"+c.Listen), "/")
}
