package site

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"anpei/claim"
	"anpei/schemas/rest"
)

// Draft is a report that is not sent yet: the notice as far as it is known,
// and what the pages need beside it.
type Draft struct {
	rest.Notice

	// Key is the Idempotency-Key that the report will be sent under: however
	// often it is sent, there is one claim.
	Key string `json:"key"`
	// Pictured says that the question whether they can take pictures is answered.
	Pictured bool `json:"pictured,omitempty"`

	Version int64 `json:"-"` // 0: not kept yet
}

// Own is the reporter's own loss, Other the one of somebody else, if any.
func (d Draft) Own() (e rest.NewExposure) {
	for _, one := range d.Exposures {
		if one.Owner == nil {
			return one
		}
	}
	return e
}

// Other is the loss of somebody else, or nil.
func (d Draft) Other() *rest.NewExposure {
	for i := range d.Exposures {
		if d.Exposures[i].Owner != nil {
			return &d.Exposures[i]
		}
	}
	return nil
}

// PutDraft stores what change makes of the draft as it is by then, with the
// version that this was made from; where another window was quicker it is made
// again, three times at most.
func (v *Visit) PutDraft(change func() (draft any, version int64, err error)) error {
	for try := 0; ; try++ {
		d, version, err := change()
		if err != nil {
			return err
		}
		body, err := json.Marshal(d)
		if err != nil {
			return fmt.Errorf("encode: %w", err)
		}
		from := rest.PutDraftParams{}
		if version > 0 {
			from.IfMatch = strconv.Quote(strconv.FormatInt(version, 10))
		}
		_, err = Read[rest.Draft](v.API.PutDraft(v.Ctx(), &from, rest.NewDraft{Body: body}))
		if !Is(err, "conflict", "wrong-version") || try == 3 {
			return err
		}
	}
}

// MomentField is how a field of type datetime-local writes a moment. It has no
// time zone: the page says that it is Beijing time.
const MomentField = "2006-01-02T15:04"

// YesNo is how a field writes a choice.
func YesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// Degrees is how a field writes a latitude or longitude.
func Degrees(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// Causes are what can have happened, the most frequent first.
var Causes = []string{"collision", "scratch", "water", "fire", "storm", "theft", "other"}

// PartyRoles are what somebody who reports is to the loss.
var PartyRoles = []claim.PartyRole{claim.PartyInsured, claim.PartyDriver, claim.PartyReporter}

// TakeWhere reads when and where it happened; it returns what to change of the
// draft, and the fields that are wrong.
func TakeWhere(v *Visit) (func(*Draft), []string) {
	var wrong []string
	at, err := time.ParseInLocation(MomentField, v.Field("loss_at"), claim.Shanghai)
	if err != nil || at.After(Now().Add(2*time.Minute)) || at.Year() < 2000 {
		wrong = append(wrong, "loss_at")
	}
	if n := utf8.RuneCountInString(v.Field("place")); n == 0 || n > 300 {
		wrong = append(wrong, "place")
	}
	return func(d *Draft) {
		d.LossAt, d.Place, d.At = at, v.Field("place"), point(v.Field("lat"), v.Field("lng"))
	}, wrong
}

// point is a place on the map that a phone has told; nil where it has not.
func point(lat, lng string) *claim.Point {
	a, errA := strconv.ParseFloat(lat, 64)
	b, errB := strconv.ParseFloat(lng, 64)
	p := claim.Point{Lat: a, Lng: b}
	if errA != nil || errB != nil || p.Validate() != nil || a == 0 && b == 0 {
		return nil
	}
	return &p
}

// TakeWho reads who reports, and what was lost.
func TakeWho(v *Visit) (func(*Draft), []string) {
	var wrong []string
	need := func(name string, most int) string {
		value := v.Field(name)
		if n := utf8.RuneCountInString(value); n == 0 || n > most {
			wrong = append(wrong, name)
		}
		return value
	}
	sum := func(name string) claim.Fen {
		fen, ok := FenOf(v.Field(name))
		if !ok {
			wrong = append(wrong, name)
		}
		return fen
	}
	name, role := need("name", 100), claim.PartyRole(v.Field("role"))
	if !slices.Contains(PartyRoles, role) {
		role = claim.PartyReporter
	}
	plate := ""
	if typed := v.Field("plate"); typed != "" {
		parsed, err := claim.ParsePlate(typed)
		if plate = parsed; err != nil {
			wrong = append(wrong, "plate")
		}
	}
	losses := []rest.NewExposure{{Object: need("object", 300), Estimate: sum("estimate")}}
	if v.Field("other") == "yes" {
		owner := claim.Party{Name: need("other-name", 100), Role: claim.PartyThird}
		phone, err := claim.ParsePhone(v.Field("other-phone"))
		if owner.Phone = phone; err != nil {
			wrong = append(wrong, "other-phone")
		}
		losses = append(losses, rest.NewExposure{Kind: claim.ThirdPartyProperty, Object: need("other-object", 300), Estimate: sum("other-estimate"), Owner: &owner})
	}
	return func(d *Draft) {
		d.Reporter = claim.Party{Name: name, Phone: v.who.Phone, Role: role}
		if d.Line == claim.Motor {
			losses[0].Kind, d.Exposures = claim.OwnDamage, losses
			d.Plate = plate
		} else {
			losses[0].Kind, d.Exposures = claim.CommercialProperty, losses[:1]
			d.Plate = ""
		}
	}, wrong
}

// TakePhotos reads whether the reporter takes pictures themselves.
func TakePhotos(v *Visit) (func(*Draft), []string) {
	var wrong []string
	self := v.Field("self")
	if self != "yes" && self != "no" {
		wrong = append(wrong, "self")
	}
	return func(d *Draft) { d.Self, d.Pictured = self == "yes", true }, wrong
}

// FenOf reads an amount in yuan as people write it, all of it or nothing: see
// [claim.ParseFen]. An empty field is 0: nobody can tell yet. ok is false for
// what is no amount, and for less than nothing.
func FenOf(typed string) (fen claim.Fen, ok bool) {
	if strings.TrimSpace(typed) == "" {
		return 0, true
	}
	fen, err := claim.ParseFen(typed)
	return fen, err == nil && fen >= 0
}

// TypedYuan is an amount as it stands in a field: 3200.00. Nothing stays empty.
func TypedYuan(f claim.Fen) string {
	if f == 0 {
		return ""
	}
	return strings.NewReplacer("¥", "", ",", "").Replace(f.String())
}

// Lines are the lines of business.
var Lines = []claim.Line{claim.Motor, claim.Property}
