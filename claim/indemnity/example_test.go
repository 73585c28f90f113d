package indemnity_test

import (
	"fmt"

	"anpei/claim/indemnity"
)

// A car insured for ¥120,000 has the main fault in a collision. Repair costs
// ¥30,000, the tow ¥800; the other car's compulsory cover owes ¥2,000.
func ExampleOwnDamage() {
	s, err := indemnity.OwnDamage(indemnity.OwnDamageIn{
		Form: "motor-2020",
		Loss: 30_000_00, Rescue: 800_00, SumInsured: 120_000_00, ActualValue: 115_000_00,
		FromOtherCompulsory: 2_000_00, FaultShare: 7000, Deductible: 500_00,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range s.Lines {
		fmt.Println(l.Text, l.Amount)
	}
	fmt.Println("赔款合计", s.Payable)
	// Output:
	// 核定的车辆修理费用 ¥30,000.00
	// 扣除应由对方交强险赔偿的金额 -¥2,000.00
	// 按您一方在事故中的责任比例计算 -¥8,400.00
	// 扣除每次事故绝对免赔额 -¥500.00
	// 必要、合理的施救费用,在车辆损失赔款以外另行计算 ¥800.00
	// 按您一方在事故中的责任比例计算 -¥240.00
	// 赔款合计 ¥19,660.00
}

// The same driver's car has damaged another for ¥30,000. Compulsory cover goes
// first, commercial cover takes the driver's part of the rest.
func ExampleThirdPartyProperty() {
	s, err := indemnity.ThirdPartyProperty(indemnity.ThirdPartyIn{
		Form: "motor-2020", AccidentOn: "2026-11-21",
		Loss: 30_000_00, AtFault: true, FaultShare: 7000, Limit: 1_000_000_00,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range s.Lines {
		fmt.Println(l.Figure, l.Text, l.Amount)
	}
	fmt.Println("赔款合计", s.Payable)
	// Output:
	// compulsory 核定的第三者损失 ¥30,000.00
	// compulsory 交强险先赔,不论责任比例,以分项限额为限 -¥28,000.00
	// third_party 核定的第三者损失 ¥30,000.00
	// third_party 扣除本车交强险赔偿的部分,其余由商业三者险计算 -¥2,000.00
	// third_party 按您一方在事故中的责任比例计算 -¥8,400.00
	// 赔款合计 ¥21,600.00
}

// A workshop worth ¥10 million is insured for ¥8 million and burns in part.
func ExampleCommercialProperty() {
	s, err := indemnity.CommercialProperty(indemnity.PropertyIn{
		Form: "property-2009",
		Loss: 5_000_000_00, Salvage: 200_000_00, Rescue: 80_000_00,
		SumInsured: 8_000_000_00, Value: 10_000_000_00, Deductible: 20_000_00, Advance: 1_000_000_00,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range s.Lines {
		fmt.Println(l.Text, l.Amount)
	}
	fmt.Println("赔款合计", s.Payable)
	// Output:
	// 核定的财产损失 ¥5,000,000.00
	// 扣除归您所有的残值 -¥200,000.00
	// 保险金额低于出险时的保险价值,按比例赔偿 -¥960,000.00
	// 扣除每次事故绝对免赔 -¥20,000.00
	// 必要、合理的施救费用,在损失赔款以外另行计算 ¥80,000.00
	// 保险金额低于出险时的保险价值,按比例赔偿 -¥16,000.00
	// 扣除已经预付的赔款 -¥1,000,000.00
	// 赔款合计 ¥2,884,000.00
}
