package access

import (
	"context"
	"fmt"

	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// Outside reports whether a principal is not of the insurer: they see staff by
// the first character of their names, and not how the insurer goes about it.
func (p Caller) Outside() bool { return p.Role == claim.Claimant || p.Role == claim.Partner }

// Own is a claimant's id as the caller sees it: their own, and no other's.
func (p Caller) Own(id claim.Principal) claim.Principal {
	if id != p.ID {
		return ""
	}
	return id
}

// StaffName is the name of a member of staff as the caller sees it.
func (p Caller) StaffName(name string) string {
	if p.Outside() {
		return claim.MaskName(name)
	}
	return name
}

// Actors is who acted on a claim, as the caller may see them.
type Actors map[claim.Principal]rest.Actor

// Actor returns who has that id.
func (c Actors) Actor(id claim.Principal) rest.Actor {
	if a, ok := c[id]; ok {
		return a
	}
	switch {
	case id == claim.Machine:
		return rest.Actor{Id: id, Role: claim.System}
	case id.IsClaimant():
		return rest.Actor{Id: id, Role: claim.Claimant}
	default:
		return rest.Actor{Id: id}
	}
}

// StaffNames returns the names of staff alone.
func (c Actors) StaffNames() map[claim.Principal]string {
	names := make(map[claim.Principal]string, len(c))
	for id, a := range c {
		names[id] = a.Name
	}
	return names
}

// ActorsOf looks up who has these ids: staff by their record, claimants by how
// they named themselves on the claim, masked.
func (a *Control) ActorsOf(ctx context.Context, from db.DBTX, id claim.ID, who Caller, ids []claim.Principal) (Actors, error) {
	c := Actors{}
	var staff, claimants []string
	for _, one := range ids {
		switch {
		case one == "" || one == claim.Machine:
		case one.IsClaimant():
			claimants = append(claimants, string(one))
		default:
			staff = append(staff, string(one))
		}
	}
	if len(staff) > 0 {
		rows, err := a.queries.StaffNames(ctx, from, staff)
		if err != nil {
			return nil, fmt.Errorf("read names of staff: %w", err)
		}
		for _, row := range rows {
			c[row.ID] = rest.Actor{Id: row.ID, Role: row.Role, Name: who.StaffName(row.Name)}
		}
	}
	if id == "" { // across claims their ids are all that tells them apart
		return c, nil
	}
	for _, one := range claimants {
		p := claim.Principal(one)
		c[p] = rest.Actor{Id: who.Own(p), Role: claim.Claimant}
	}
	if len(claimants) > 0 {
		rows, err := a.queries.PartyNames(ctx, from, id, claimants)
		if err != nil {
			return nil, fmt.Errorf("read names of parties: %w", err)
		}
		for _, row := range rows {
			p := claim.Principal(row.Principal)
			c[p] = rest.Actor{Id: who.Own(p), Role: claim.Claimant, Name: claim.MaskName(row.Name)}
		}
	}
	return c, nil
}

// Actor is the caller as a claim knows them.
func (p Caller) Actor() claim.Actor {
	return claim.Actor{ID: p.ID, Role: p.Role, Branch: p.Branch, Level: p.Level}
}
