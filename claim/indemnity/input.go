package indemnity

import (
	"fmt"
	"strings"
	"time"

	"anpei/claim"
)

// InputError lists every input that cannot be used, so that all can be mended
// at once.
type InputError []Fault

// Fault is one input that cannot be used.
type Fault struct {
	Field   string `json:"field"`   // JSON name of the input, as "loss_fen"
	Message string `json:"message"` // what is wrong with it, and how to mend it
}

func (e InputError) Error() string {
	faults := make([]string, len(e))
	for i, f := range e {
		faults[i] = f.Field + ": " + f.Message
	}
	return strings.Join(faults, "; ")
}

// checks collects the faults of one input.
type checks struct{ faults InputError }

func (c *checks) refuse(field, format string, args ...any) {
	c.faults = append(c.faults, Fault{field, fmt.Sprintf(format, args...)})
}

// err is nil when there was no fault.
func (c *checks) err() error {
	if len(c.faults) == 0 {
		return nil
	}
	return c.faults
}

// amount refuses a negative amount.
func (c *checks) amount(field string, v claim.Fen) {
	if v < 0 {
		c.refuse(field, "is negative (%s); give an amount of zero or more", v)
	}
}

// needed refuses an amount that is missing, too; mend says what to give.
func (c *checks) needed(field string, v claim.Fen, mend string) {
	if v == 0 {
		c.refuse(field, "is missing; give %s", mend)
	}
	c.amount(field, v)
}

// part refuses a ratio below zero or above 100 %.
func (c *checks) part(field string, v claim.BP) {
	if v < 0 || v > claim.Whole {
		c.refuse(field, "is %s; give basis points from 0 to 10000, 7000 for 70%%", v)
	}
}

// accident refuses what is not a day like "2026-11-21", and a day before the
// rules that are to be applied began.
func (c *checks) accident(day, rules, began string) {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		c.refuse("accident_on", "is %q; give the day as in 2026-11-21", day)
		return
	}
	if day < began {
		c.refuse("accident_on", "is %s, but %s began on %s; give the form of the policy then in force", day, rules, began)
	}
}

// form refuses a form that does not serve this class of business.
func (c *checks) form(f Form, class Class) {
	if f.Class != class {
		c.refuse("form", "%s is a %s form; give one of %s", f.ID, f.Class, known(class))
	}
}
