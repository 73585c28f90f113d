package main

import (
	"errors"
	"fmt"
	"time"

	"anpei/deploy/demo/play"
	"anpei/internal/specimen"
	"anpei/schemas/rest"
)

// filledByPhotos lets a claimant photograph the licences, which fill in the
// report: what the photos propose, by field, and the photos. The first picture
// of the driving licence is one that nobody can read.
func (s *story) filledByPhotos(p person) (form map[string]string, licences []rest.DraftPaper) {
	s.says(p, "还没填表，先拍行驶证和驾驶证", "before filling in anything, photographs the vehicle and the driving licence")
	s.photographed(p, s.vehicleLicence(flashPolicy.plate, "小型轿车", p.name, specimen.Phone))
	bad := s.photographed(p, s.drivingLicence(p.name, specimen.Bad))
	for _, d := range s.readPhotos(p).Items {
		if s.err == nil && (d.Id == bad.Id) != (d.State == "unreadable") {
			s.err = fmt.Errorf("of the photos %s was to be the bad one, and %s (%s) is %s: %s", bad.Name, d.Name, d.Id, d.State, d.Reason)
		}
		if d.State == "unreadable" {
			s.line(time.Since(s.began), amber, "▸ 系统", "  system", "退回 "+d.Name+"，请重拍", "sends one photo back, to be taken again")
			s.shows("%s", d.Reason)
		}
	}

	s.says(p, "重拍驾驶证", "takes the driving licence again")
	if s.err == nil {
		s.err = play.Delete(s, p.Caller, "/draft/papers/"+bad.Id)
	}
	s.photographed(p, s.drivingLicence(p.name, specimen.Phone))
	read := s.readPhotos(p)
	s.line(time.Since(s.began), calm, "▸ 系统", "  system", "照片已填入报案单，请核对", "The photos have filled in the report, to be looked over.")
	form = map[string]string{}
	for _, f := range read.Proposals {
		if _, better := form[string(f.For)]; better {
			continue
		}
		form[string(f.For)] = f.Value
		s.shows("%s %s %s", pad(formWords[f.For], 12), pad(f.Value, 24), fmt.Sprintf("%s · %.1f %%", paperWords[f.Kind], float64(f.ConfidenceBp)/100))
	}
	if s.err == nil && (form["plate"] != flashPolicy.plate || form["driver"] != p.name) {
		s.err = fmt.Errorf("the photos filled in %v", form)
	}
	return form, read.Items
}

var formWords = map[rest.ProposalFor]string{
	"plate": "车牌", "vin": "车架号", "owner": "所有人", "driver": "驾驶人", "licence_no": "驾驶证号",
}

// photographed adds a photo to the draft.
func (s *story) photographed(p person, photo paper) (d rest.DraftPaper) {
	if s.err == nil {
		d, s.err = play.Photograph(s, p.Caller, photo.File)
	}
	return d
}

// readPhotos waits until the photos of a draft have been read.
func (s *story) readPhotos(p person) (all rest.DraftPapers) {
	if s.err != nil {
		return all
	}
	s.err = errors.Join(play.Until(s, "reading of the photos", patience, func() (bool, error) {
		var err error
		all, err = play.Get[rest.DraftPapers](s, p.Caller, "/draft/papers")
		for _, d := range all.Items {
			if d.State == "received" {
				return false, err
			}
		}
		return err == nil, err
	}), s.alive())
	return all
}

// takeAlong makes the photos that filled in the report papers of the claim.
func (s *story) takeAlong(p person, photos []rest.DraftPaper) {
	var batch rest.Attach
	for _, d := range photos {
		batch.Documents = append(batch.Documents, rest.NewDocument{Upload: d.Id, Kind: rest.DocumentKind(d.Kind)})
	}
	post[rest.Attached](s, p, "/claims/"+s.number+"/documents", batch)
}
