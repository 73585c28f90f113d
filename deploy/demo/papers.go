package main

import (
	"fmt"
	"strconv"
	"time"

	"anpei/deploy/demo/play"
	"anpei/internal/specimen"
	"anpei/schemas/rest"
)

// The papers and pictures of the stories, drawn when they are handed in. All
// people, companies and numbers on them are made up.

const (
	shop        = "上海众安汽车维修有限公司"
	shopTaxID   = "91310115MA1K4TEST"
	vinOfZhou   = "LSVCC41T8P2000316"
	vinOfHe     = "LSVAB2189N2000127"
	vinMistyped = "LSVAB2189N2000721" // as the shop wrote that of He
	vinOfTruck  = "LGAX2A133M1000458"
)

// draw keeps the first error, and what really stands on the paper.
func (s *story) draw(name, kind string, bytes []byte, err error, truth map[string]string) paper {
	if s.err == nil && err != nil {
		s.err = fmt.Errorf("draw %s: %w", name, err)
	}
	return paper{File: play.File{Name: name, Kind: kind, Bytes: bytes}, truth: truth}
}

// repairInvoice is the invoice of a repair, with its QR code.
func (s *story) repairInvoice(buyer string, fen int64) paper {
	in := specimen.Invoice{
		Code: "031002600111", Number: digits(8), Issued: dates().Today, CheckCode: digits(20), Province: "上海",
		Buyer: buyer, Seller: shop, SellerTaxID: specimen.CreditCode(shopTaxID),
		Items: []specimen.Item{{Name: "*劳务*后保险杠修复喷漆", Unit: "次", Fen: fen}}, RatePercent: 13, Plate: flashPolicy.plate, Quality: specimen.Scan, Seed: 11,
	}
	raw, err := specimen.VATInvoice(in)
	return s.draw("维修发票.jpg", "vat_invoice", raw, err, map[string]string{"invoice_number": in.Number})
}

// photo is a picture of a loss, as survey apps take them: with time and place.
// It is like no other: one that stood in an earlier claim is found.
func (s *story) photo(name string, in specimen.Photo, where string, place rest.Point) paper {
	in.Caption, in.Seed = time.Now().In(china).Format("2006-01-02 15:04")+" "+where, seed()
	raw, err := specimen.LossPhoto(in)
	p := s.draw(name, "loss_photo", raw, err, nil)
	p.At = &place
	return p
}

// clothInvoice is a digital invoice as a PDF file, whose text needs no reading
// of pictures.
func (s *story) clothInvoice() paper {
	in := specimen.Invoice{
		Number: "2631" + digits(16), Issued: dates().Purchased, Province: "上海",
		Buyer: largePolicy.holder, BuyerTaxID: specimen.CreditCode("91310114MA1GTEST0"), Seller: "江苏恒织纺织有限公司", SellerTaxID: specimen.CreditCode("91320583MA1WTEST2"),
		Items: []specimen.Item{{Name: "*纺织产品*涤纶面料", Unit: "米", Fen: 95_000_000}}, RatePercent: 13, Seed: 12,
	}
	raw, err := specimen.VATInvoicePDF(in)
	return s.draw("面料采购发票.pdf", "vat_invoice", raw, err, map[string]string{"invoice_number": in.Number})
}

func (s *story) repairEstimate(owner string) paper {
	in := specimen.Estimate{
		Number: "DS" + time.Now().In(china).Format("20060102") + digits(4), Issued: dates().Today, Plate: standardPolicy.plate, VIN: specimen.VIN(vinMistyped),
		Model: "样例牌YL7150A", Shop: shop, Insured: owner,
		Lines: []specimen.Repair{
			{Name: "前保险杠总成", Action: "更换", PartsFen: 385_000, LabourFen: 40_000},
			{Name: "右前大灯", Action: "更换", PartsFen: 520_000, LabourFen: 30_000},
			{Name: "水箱框架", Action: "更换", PartsFen: 215_000, LabourFen: 90_000},
			{Name: "发动机罩", Action: "喷漆", LabourFen: 80_000},
		},
		Quality: specimen.Scan, Seed: 13,
	}
	return s.estimate(in)
}

// truckEstimate is what repairing the truck of the denial would cost.
func (s *story) truckEstimate() paper {
	return s.estimate(specimen.Estimate{
		Number: "DS" + time.Now().In(china).Format("20060102") + digits(4), Issued: dates().Today, Plate: denialPolicy.plate, VIN: specimen.VIN(vinOfTruck),
		Model: "样例牌YL5080X", Shop: shop, Insured: denialPolicy.holder,
		Lines: []specimen.Repair{
			{Name: "前保险杠总成", Action: "更换", PartsFen: 980_000, LabourFen: 160_000},
			{Name: "水箱", Action: "更换", PartsFen: 860_000, LabourFen: 180_000},
			{Name: "右大灯", Action: "更换", PartsFen: 840_000, LabourFen: 400_000},
		},
		Quality: specimen.Scan, Seed: 19,
	})
}

func (s *story) estimate(in specimen.Estimate) paper {
	parts, labour, total := in.Sums()
	raw, err := specimen.RepairEstimate(in)
	return s.draw("维修估价单.jpg", "repair_estimate", raw, err, map[string]string{
		"plate": in.Plate, "vin": in.VIN, "parts_fen": fen(parts), "labour_fen": fen(labour), "total_fen": fen(total),
	})
}

// vehicleLicence is the licence of a car, as a scan unless said otherwise.
func (s *story) vehicleLicence(plate, kind, owner string, quality ...specimen.Quality) paper {
	on := dates()
	in := specimen.Vehicle{
		Plate: plate, Type: kind, Owner: owner, Address: "上海市浦东新区样例路 100 号", Use: "非营运", Model: "样例牌YL7150A", VIN: specimen.VIN(vinOfHe),
		EngineNo: "E150T20127", Registered: on.VehicleRegistered, Issued: on.VehicleIssued, Bureau: "上海市公安局交通警察总队", Quality: specimen.Scan, Seed: 14,
	}
	switch plate {
	case flashPolicy.plate:
		in.VIN, in.EngineNo = specimen.VIN(vinOfZhou), "E150T20316"
	case denialPolicy.plate:
		in.Use, in.Model, in.VIN, in.EngineNo = "货运", "样例牌YL5080X", specimen.VIN(vinOfTruck), "D408Y00458"
	}
	for _, in.Quality = range quality {
	}
	raw, err := specimen.VehicleLicence(in)
	return s.draw("行驶证.jpg", "vehicle_licence", raw, err, map[string]string{"plate": in.Plate, "vin": in.VIN, "owner": in.Owner})
}

// drivingLicence is a driver's licence, as a scan unless said otherwise.
func (s *story) drivingLicence(name string, quality ...specimen.Quality) paper {
	on := dates()
	in := specimen.Driver{
		Number: specimen.Citizen("31010119850316121"), Name: name, Sex: "男", Address: "上海市浦东新区样例路 100 号", Born: "1985-03-16",
		FirstIssued: on.DriverFirstIssued, Class: "C1", ValidFrom: on.DriverFrom, ValidUntil: on.DriverUntil, Bureau: "上海市公安局交通警察总队", Quality: specimen.Scan, Seed: 15,
	}
	for _, in.Quality = range quality {
	}
	raw, err := specimen.DrivingLicence(in)
	return s.draw("驾驶证.jpg", "driving_licence", raw, err, map[string]string{"name": in.Name, "licence_no": in.Number, "class": in.Class})
}

// signature is what somebody wrote with a finger under an agreement: never the
// same twice, or the second would be a copy.
func (s *story) signature() paper {
	raw, err := specimen.Signature(uint64(time.Now().UnixNano()))
	return s.draw("签名.png", "signature", raw, err, nil)
}

// dates are those on what is drawn now.
func dates() specimen.Dates { return specimen.DatesAt(time.Now()) }

func fen(n int64) string { return strconv.FormatInt(n, 10) }
