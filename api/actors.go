package main

import (
	"context"
	"fmt"

	"anpei/claim"
	"anpei/schemas/db"
	"anpei/schemas/rest"
)

// outside reports whether a principal is not of the insurer: they see staff by
// the first character of their names, and not how the insurer goes about it.
func (p principal) outside() bool { return p.Role == claim.Claimant || p.Role == claim.Partner }

// own is a claimant's id as the caller sees it: their own, and no other's.
func (p principal) own(id claim.Principal) claim.Principal {
	if id != p.ID {
		return ""
	}
	return id
}

// staffName is the name of a member of staff as the caller sees it.
func (p principal) staffName(name string) string {
	if p.outside() {
		return claim.MaskName(name)
	}
	return name
}

// cast is who acted on a claim, as the caller may see them.
type cast map[claim.Principal]rest.Actor

// actor returns who has that id.
func (c cast) actor(id claim.Principal) rest.Actor {
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

// names returns the names of staff alone.
func (c cast) names() map[claim.Principal]string {
	names := make(map[claim.Principal]string, len(c))
	for id, a := range c {
		names[id] = a.Name
	}
	return names
}

// castOf looks up who has these ids: staff by their record, claimants by how
// they named themselves on the claim, masked.
func (s *server) castOf(ctx context.Context, from db.DBTX, id claim.ID, who principal, ids []claim.Principal) (cast, error) {
	c := cast{}
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
		rows, err := s.q.StaffNames(ctx, from, staff)
		if err != nil {
			return nil, fmt.Errorf("read names of staff: %w", err)
		}
		for _, row := range rows {
			c[row.ID] = rest.Actor{Id: row.ID, Role: row.Role, Name: who.staffName(row.Name)}
		}
	}
	if id == "" { // across claims their ids are all that tells them apart
		return c, nil
	}
	for _, one := range claimants {
		p := claim.Principal(one)
		c[p] = rest.Actor{Id: who.own(p), Role: claim.Claimant}
	}
	if len(claimants) > 0 {
		rows, err := s.q.PartyNames(ctx, from, id, claimants)
		if err != nil {
			return nil, fmt.Errorf("read names of parties: %w", err)
		}
		for _, row := range rows {
			p := claim.Principal(row.Principal)
			c[p] = rest.Actor{Id: who.own(p), Role: claim.Claimant, Name: claim.MaskName(row.Name)}
		}
	}
	return c, nil
}
