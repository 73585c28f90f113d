package document

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
)

// sheetOf lays text out as it stands in the source: a row of text is 40 pixels
// high, a hanzi 20 wide, and two spaces part one line from the next.
func sheetOf(text string) []Line {
	var out []Line
	for row, s := range strings.Split(text, "\n") {
		var run []rune
		x, start, gap := 0, 0, 0
		flush := func() {
			if len(run) > 0 {
				out = append(out, Line{Text: string(run), Box: [4]int{start, 40 * row, x - 10*gap, 40*row + 26}, Confidence: 9000})
			}
			run = nil
		}
		for _, r := range s + "  " {
			if r == ' ' {
				x, gap = x+10, gap+1
				if gap == 2 {
					flush()
				}
				continue
			}
			if gap == 1 && run != nil {
				run = append(run, ' ')
			}
			if run == nil {
				start = x
			}
			run, gap = append(run, r), 0
			if x += 10; hanzi(r) || r > 0xFF00 {
				x += 10
			}
		}
	}
	return out
}

// got shows the fields of a paper as name → value, sure ones with a star.
func got(fields []Field) map[string]string {
	out := map[string]string{}
	for _, f := range fields {
		out[f.Name] = f.Value
		if f.Sure {
			out[f.Name] += " *"
		}
	}
	return out
}

const provincial = `
                          广东增值税电子普通发票              发票代码：044002600111
                                                              发票号码：70734235
                                                              开票日期：2026年03月09日
                                                              校 验 码：21221 76216 61793 93588
购  名  称：样例财产保险股份有限公司
买  纳税人识别号：91440300MA5TE5T00P
货物或应税劳务、服务名称  规格型号  单位  数量  单价        金额       税率    税额
*劳务*汽车维修费                    项     1    2138.95     2138.95    13%     278.06
*机动车配件*前保险杠                件     1     827.00      827.00    13%     107.51
      合 计                                                ¥2965.95           ¥385.57
价税合计（大写）   ⊗叁仟叁佰伍拾壹圆伍角贰分              （小写）¥3351.52
销  名  称：深圳市样例汽车维修有限公司                     备注  维修车辆车牌号：粤B12345
售  纳税人识别号：91440300MA5DEMX00T`

func TestExtractReadsEachKindOfPaper(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		kind Kind
		text string
		qr   []string
		want map[string]string
	}{
		{
			"provincial invoice with its QR code", VATInvoice, provincial,
			[]string{"01,10,044002600111,70734235,2965.95,20260309,21221762166179393588,4C7E,"},
			map[string]string{
				"invoice_code": "044002600111 *", "invoice_number": "70734235 *", "issue_date": "2026-03-09 *", "check_code": "21221762166179393588 *",
				"amount_fen": "296595 *", "tax_fen": "38557 *", "total_fen": "335152 *", "total_words": "叁仟叁佰伍拾壹圆伍角贰分",
				"buyer": "样例财产保险股份有限公司", "seller": "深圳市样例汽车维修有限公司", "seller_tax_id": "91440300MA5DEMX00T *", "buyer_tax_id": "91440300MA5TE5T00P *", "plate": "粤B12345",
			},
		},
		{
			"fully digital invoice, parties side by side", VATInvoice, `
                    电子发票（普通发票）                   发票号码：26442000000012345678
                                                           开票日期：2026年03月09日
名称：样例财产保险股份有限公司                     名称：深圳市样例汽车维修有限公司
统一社会信用代码/纳税人识别号：91440300MA5DEMX00T  统一社会信用代码/纳税人识别号：91330106MAF1AMPC7C
项目名称        规格型号  单位  数量  单价       金额      税率    税额
*劳务*维修费              项     1    1000.00    1000.00   6%      60.00
合 计                                           ¥1000.00          ¥60.00
价税合计（大写）  壹仟零陆拾圆整                （小写）¥1060.00`,
			[]string{"01,32,,26442000000012345678,1060.00,20260309,,9A3F,"},
			map[string]string{
				"invoice_number": "26442000000012345678 *", "issue_date": "2026-03-09 *", "amount_fen": "100000 *", "tax_fen": "6000 *", "total_fen": "106000 *", "total_words": "壹仟零陆拾圆整",
				"buyer": "样例财产保险股份有限公司", "seller": "深圳市样例汽车维修有限公司", "buyer_tax_id": "91440300MA5DEMX00T *", "seller_tax_id": "91330106MAF1AMPC7C *",
			},
		},
		{
			"invoice whose print was altered", VATInvoice, strings.NewReplacer("3351.52", "8351.52", "2965.95", "7965.95", "叁仟叁佰", "捌仟叁佰").Replace(provincial),
			[]string{"01,10,044002600111,70734235,2965.95,20260309,21221762166179393588,4C7E,"},
			map[string]string{
				"invoice_code": "044002600111 *", "invoice_number": "70734235 *", "issue_date": "2026-03-09 *", "check_code": "21221762166179393588 *",
				"amount_fen": "296595", "tax_fen": "38557", "total_fen": "835152", "total_words": "捌仟叁佰伍拾壹圆伍角贰分",
				"buyer": "样例财产保险股份有限公司", "seller": "深圳市样例汽车维修有限公司", "seller_tax_id": "91440300MA5DEMX00T *", "buyer_tax_id": "91440300MA5TE5T00P *", "plate": "粤B12345",
			},
		},
		{
			"invoice whose amount was misread: code, tax and total outvote it", VATInvoice, strings.ReplaceAll(provincial, "¥2965.95", "¥2965.96"),
			[]string{"01,10,044002600111,70734235,2965.95,20260309,21221762166179393588,4C7E,"},
			map[string]string{
				"invoice_code": "044002600111 *", "invoice_number": "70734235 *", "issue_date": "2026-03-09 *", "check_code": "21221762166179393588 *",
				"amount_fen": "296595 *", "tax_fen": "38557 *", "total_fen": "335152 *", "total_words": "叁仟叁佰伍拾壹圆伍角贰分",
				"buyer": "样例财产保险股份有限公司", "seller": "深圳市样例汽车维修有限公司", "seller_tax_id": "91440300MA5DEMX00T *", "buyer_tax_id": "91440300MA5TE5T00P *", "plate": "粤B12345",
			},
		},
		{
			"invoice with labels that nobody could read", VATInvoice, `
发票代码：044002600111
a 计            ¥2965.95  ¥385.57
WA              (写) ¥3351.52`, nil,
			map[string]string{"invoice_code": "044002600111", "amount_fen": "296595 *", "tax_fen": "38557 *", "total_fen": "335152 *"},
		},
		{
			"repair estimate", RepairEstimate, `
                机动车辆保险定损单
单号：DS202643856218                              日期：2026-03-07
车牌号码：津DU3984        车架号：LDCNF3GT2FT164326
厂牌型号：丰田凯美瑞2.0E  承修单位：湖北省鑫诚汽车维修有限公司
序号  配件/项目名称   数量  单价(元)  工时费(元)  金额(元)
1     后保险杠         1     827.00    300.00      1127.00
2     轮毂             1    4731.00    450.00      5181.00
材料费合计：5558.00    工时费合计：750.00         总计：¥6308.00
人民币大写：陆仟叁佰零捌圆整`, nil,
			map[string]string{
				"estimate_number": "DS202643856218", "issue_date": "2026-03-07", "plate": "津DU3984", "vin": "LDCNF3GT2FT164326 *", "model": "丰田凯美瑞2.0E",
				"shop": "湖北省鑫诚汽车维修有限公司", "parts_fen": "555800 *", "labour_fen": "75000 *", "total_fen": "630800 *", "total_words": "陆仟叁佰零捌圆整",
			},
		},
		{
			"repair estimate, the label of its total unread", RepairEstimate, `
维修估价单
1     后保险杠         1     827.00    300.00      1127.00
材料费合计：5558.00    工时费合计：750.00         Bit : ¥6308.00`, nil,
			map[string]string{"parts_fen": "555800 *", "labour_fen": "75000 *", "total_fen": "630800 *"},
		},
		{
			"repair estimate with no label read: a person says which is which", RepairEstimate, `
维修估价单
1     后保险杠         1     827.00
WA：5558.00            HE：750.00         Bit : ¥6308.00`, nil,
			map[string]string{"parts_fen": "555800", "labour_fen": "75000", "total_fen": "630800"},
		},
		{
			"repair estimate whose sums do not add up", RepairEstimate, `
                维修估价单
材料费合计：5558.00    工时费合计：750.00         总计：¥6398.00`, nil,
			map[string]string{"parts_fen": "555800", "labour_fen": "75000", "total_fen": "639800"},
		},
		{
			"vehicle licence, labels in two languages", VehicleLicence, `
             中华人民共和国机动车行驶证
      Vehicle License of the People's Republic of China
号牌号码  粤B12345                  车辆类型  小型普通客车
Plate No.                           Vehicle Type
所 有 人  广东省捷安汽车租赁有限公司
Owner
住  址    广东省深圳市南山区中山北路48号8栋1491室
使用性质  非营运      品牌型号  比亚迪牌BYD7009BEV
          车辆识别代号  LSVML0ZL1G0412795
          发动机号码    M6DH0C2C
          注册日期  2012-06-17      发证日期  2024-01-07`, nil,
			map[string]string{
				"plate": "粤B12345", "vehicle_type": "小型普通客车", "owner": "广东省捷安汽车租赁有限公司", "address": "广东省深圳市南山区中山北路48号8栋1491室",
				"use": "非营运", "model": "比亚迪牌BYD7009BEV", "vin": "LSVML0ZL1G0412795 *", "engine_no": "M6DH0C2C", "register_date": "2012-06-17", "issue_date": "2024-01-07",
			},
		},
		{
			"vehicle licence with unread labels: its dates come in order of time", VehicleLicence, `
机动车行驶证
$8            LSVSL6H72MW707220
2022-07-26    2015-01-02`, nil,
			map[string]string{"vin": "LSVSL6H72MW707220 *", "register_date": "2015-01-02", "issue_date": "2022-07-26"},
		},
		{
			"driving licence", DrivingLicence, `
        中华人民共和国机动车驾驶证
          证号  110105199011138675
姓名  马刚秀          性别  男    国籍  中国
住址  北京市朝阳区中山北路297号1栋737室
        出生日期      1990-11-13
        初次领证日期  2009-01-07
        准驾车型      C1E
有效期限  2022-06-20 至 2032-06-20`, nil,
			map[string]string{
				"licence_no": "110105199011138675 *", "name": "马刚秀", "sex": "男 *", "address": "北京市朝阳区中山北路297号1栋737室",
				"birth_date": "1990-11-13 *", "issue_date": "2009-01-07", "class": "C1E", "valid_from": "2022-06-20", "valid_until": "2032-06-20",
			},
		},
		{
			"driving licence whose day of birth is another than its number's", DrivingLicence, `
机动车驾驶证
证号  110105199011138675
出生日期  1991-11-13`, nil,
			map[string]string{"licence_no": "110105199011138675", "birth_date": "1991-11-13", "sex": "男 *"},
		},
		{
			"identity card, address on two lines", IDCard, `
姓 名  周艳军
性 别  男    民 族  汉
出 生  1962年 3 月 27 日
住 址  山东省青岛市市北区建设路
       265号10栋848室
公民身份号码  370203196203277650`, nil,
			map[string]string{
				"name": "周艳军", "sex": "男 *", "nation": "汉", "birth_date": "1962-03-27 *", "address": "山东省青岛市市北区建设路265号10栋848室", "id_number": "370203196203277650 *",
			},
		},
		{
			"bank card", BankCard, `
中国工商银行
6212 2654 5986 7457 965
VALID THRU  06/26
储蓄卡 DEBIT  UnionPay`, nil,
			map[string]string{"card_number": "6212265459867457965 *", "bank": "中国工商银行", "valid_until": "06/26"},
		},
		{
			"accident certificate with two parties", AccidentCertificate, `
          道路交通事故认定书（简易程序）
                                  第31011520248367193号
事故时间  2024年07月08日00时27分    天气  雨
事故地点  上海市浦东新区中山北路与中山北路交叉口
当事人    张敏        身份证号    310115199902125376
车辆牌号  川B14142    联系电话    13612451982
交通方式  小型轿车    保险凭证号  平安财险 PDAA2023616228037342
当事人    林秀然      身份证号    310115198506050080
车辆牌号  京HD25994   联系电话    15877873016
    张敏承担事故主要责任；林秀然承担事故次要责任。
当事人签名：`, nil,
			map[string]string{
				"certificate_number": "31011520248367193", "accident_time": "2024-07-08 00:27", "place": "上海市浦东新区中山北路与中山北路交叉口",
				"party_a": "张敏", "party_a_id": "310115199902125376 *", "plate_a": "川B14142", "party_b": "林秀然", "party_b_id": "310115198506050080 *", "plate_b": "京HD25994",
				"policy_number": "PDAA2023616228037342", "liability_a": "主要", "liability_b": "次要",
			},
		},
		{
			"accident certificate of which one party's number was read: whose, nobody knows", AccidentCertificate, `
道路交通事故认定书
身份证号  310115198506050080`, nil,
			map[string]string{},
		},
		{
			"agreement", Agreement, `
              机动车保险赔付协议书
赔案号：CLM-2026-000123
赔款金额：人民币 3,351.52元   大写：叁仟叁佰伍拾壹元伍角贰分
收款人：测试张三   开户行：中国工商银行深圳测试支行
账号：6212265459867457965
日期：2026-04-01`, nil,
			map[string]string{
				"claim_number": "CLM-2026-000123", "total_fen": "335152 *", "payee": "测试张三", "bank": "中国工商银行深圳测试支行", "account": "6212265459867457965 *", "issue_date": "2026-04-01",
			},
		},
		{"photo with a plate", LossPhoto, `粤B·D12345`, nil, map[string]string{"plate": "粤BD12345"}},
		{"paper of no known kind", Other, provincial, nil, map[string]string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fields := Extract(c.kind, sheetOf(c.text), c.qr)
			require.Empty(t, cmp.Diff(c.want, got(fields)))
			if len(fields) > 0 && c.kind != LossPhoto && len(c.want) > 4 {
				kind, confidence := Classify(sheetOf(c.text))
				require.Equal(t, c.kind, kind)
				require.Greater(t, confidence, 5000)
			}
		})
	}
}

func TestExtractReadsPlainTextWithoutALayout(t *testing.T) {
	t.Parallel()
	var lines []Line
	for s := range strings.SplitSeq("发票号码\n70734235\n开票日期: 2026年03月09日\n名称\n样例财产保险股份有限公司", "\n") {
		lines = append(lines, Line{Text: s, Confidence: 10000, Source: FromPDFText, Engine: "pdftotext", Page: 2})
	}
	want := []Field{
		{Name: "invoice_number", Value: "70734235", Sure: true},
		{Name: "issue_date", Value: "2026-03-09", Sure: true},
	}
	for i := range want {
		want[i].Confidence, want[i].Source, want[i].Engine, want[i].Page = 10000, FromPDFText, "pdftotext", 2
	}
	require.Empty(t, cmp.Diff(want, Extract(VATInvoice, lines, nil), cmpopts.IgnoreFields(Field{}, "Box")))
}

func TestAFieldSaysWhereItStands(t *testing.T) {
	t.Parallel()
	for _, f := range Extract(VehicleLicence, []Line{
		{Text: "机动车行驶证", Box: [4]int{0, 0, 200, 30}, Page: 1},
		{Text: "VIN", Box: [4]int{10, 50, 60, 76}, Confidence: 9100, Page: 3},
		{Text: "LSVML0ZL1G0412795", Box: [4]int{100, 48, 300, 78}, Confidence: 8700, Page: 3, Engine: "tesseract"},
	}, nil) {
		require.Equal(t, Field{Name: "vin", Value: "LSVML0ZL1G0412795", Confidence: 8700, Source: FromOCR, Page: 3, Box: [4]int{100, 48, 300, 78}, Engine: "tesseract", Sure: true, Note: "check digit holds"}, f)
	}
}

func TestClassifyTellsKindsApart(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Kind{
		"":        Unknown,
		"粤B12345": Unknown,
		"中华人民共和国机动车行驶证":             VehicleLicence,
		"中华人民共和国机动车驾驶证":             DrivingLicence,
		"浙江增值税电了普通发票":               VATInvoice, // 子 was misread
		"医疗收费票据（电子）\n开票日期\n校验码":     MedicalReceipt,
		"情况说明：本人于三月二日上午驾驶车辆时不慎碰撞护栏": Other,
		"居民身份证\n签发机关  测试市公安局\n有效期限": IDCard,
	} {
		lines := sheetOf(text)
		kind, confidence := Classify(lines)
		require.Equal(t, want, kind, text)
		require.LessOrEqual(t, confidence, 10000)
	}
}

func TestANumberThatFailsItsCheckIsRepairedOnlyWhenOneRepairIsPossible(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ read, value, note string }{
		{"LSVML0ZL1G0412795", "LSVML0ZL1G0412795", "check digit holds"},
		{"LSVMLOZL1GO4I2795", "LSVML0ZL1G0412795", "check digit holds"}, // O and I occur in no VIN
		{"LSVML0ZL1G04127S5", "LSVML0ZL1G04127S5", "check digit fails"}, // S for 9 is no likely slip
		{"LSVML02L1G0412795", "LSVML0ZL1G0412795", "one character repaired, read as LSVML02L1G0412795"},
		{"L5VML0ZL1G0412795", "L5VML0ZL1G0412795", "check digit fails"}, // two repairs would do
	} {
		fields := Extract(VehicleLicence, []Line{{Text: c.read}}, nil)
		require.Len(t, fields, 1, c.read)
		require.Equal(t, c.value, fields[0].Value)
		require.Equal(t, c.note, fields[0].Note)
		require.Equal(t, c.note == "check digit holds", fields[0].Sure)
	}
}

func TestConfirmTakesPolicyDataAsAWitness(t *testing.T) {
	t.Parallel()
	read := []Field{{Name: "plate", Value: "粤B12345"}, {Name: "vin", Value: "LSVML0ZL1G0412795", Sure: true, Note: "check digit holds"}, {Name: "owner", Value: "测试张三"}}
	require.Empty(t, cmp.Diff([]Field{
		{Name: "plate", Value: "粤B12345", Sure: true, Note: "agrees with policy"},
		{Name: "vin", Value: "LSVML0ZL1G0412795", Note: "check digit holds; differs from policy"},
		{Name: "owner", Value: "测试张三"},
	}, Confirm(read, map[string]string{"plate": "粤B·12345", "vin": "LSVAA4187E2123456", "owner": ""}, "policy")))
	require.False(t, read[0].Sure, "the reading itself stays what it was")
}

func TestEveryReasonHasPlainWords(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{Empty, Truncated, TooLarge, TooManyPixels, WrongType, Encrypted, NoPages, TimedOut, Crashed, OutOfMemory, NothingFound, TooSmall, Blurred, Dark, Glare, CutOff} {
		r := Illegible(reason)
		require.Equal(t, reason, r.Unreadable)
		require.Equal(t, Unknown, r.Kind)
		require.NotEmpty(t, r.Detail, reason)
	}
}

func TestNamesAreThoseOfTheForm(t *testing.T) {
	t.Parallel()
	require.Equal(t, "invoice_code", Names(VATInvoice)[0])
	require.Contains(t, Names(RepairEstimate), "labour_fen")
	require.Empty(t, Names(Other))
	require.Empty(t, Names("nonsense"))
}

// printed is a fully digital invoice as its columns stand.
func printed(replace ...string) string {
	return strings.NewReplacer(replace...).Replace(`
                    电子发票（普通发票）                   发票号码：26312000000012345678
                                                           开票日期：2026年03月09日
名称：样例物流有限公司                             名称：上海样例汽车维修有限公司
统一社会信用代码/纳税人识别号：91440300MA5DEMX00T  统一社会信用代码/纳税人识别号：91330106MAF1AMPC7C
项目名称        规格型号  单位  数量  单价       金额       税率    税额
*劳务*维修费              项     1    2800.00    2800.00    13%     364.00
合 计                                           ¥2800.00            ¥364.00
价税合计（大写）  叁仟壹佰陆拾肆圆整            （小写）¥3164.00
备注`)
}

func TestWhatIsOnePartysIsNeverTheOthers(t *testing.T) {
	t.Parallel()
	const buyerID, sellerID = "91440300MA5DEMX00T", "91330106MAF1AMPC7C"
	for name, c := range map[string]struct {
		text string
		want [4]string // buyer, their id, seller, their id
	}{
		"both":                          {printed(), [4]string{"样例物流有限公司", buyerID, "上海样例汽车维修有限公司", sellerID}},
		"a private buyer of two":        {printed("样例物流有限公司", "张伟            ", "号："+buyerID, "号：                  "), [4]string{"张伟", "", "上海样例汽车维修有限公司", sellerID}},
		"a private buyer of three":      {printed("样例物流有限公司", "周晓岚          ", "号："+buyerID, "号：                  "), [4]string{"周晓岚", "", "上海样例汽车维修有限公司", sellerID}},
		"a private buyer of many":       {printed("样例物流有限公司", "阿卜杜热合曼·阿卜杜", "号："+buyerID, "号：                  "), [4]string{"阿卜杜热合曼·阿卜杜", "", "上海样例汽车维修有限公司", sellerID}},
		"a buyer that was not read":     {printed("名称：样例物流有限公司", "                      ", "号："+buyerID, "号：                  "), [4]string{"", "", "上海样例汽车维修有限公司", sellerID}},
		"a seller that was not read":    {printed("名称：上海样例汽车维修有限公司", "", sellerID, ""), [4]string{"样例物流有限公司", buyerID, "", ""}},
		"the seller's id as a remark":   {printed("样例物流有限公司", "张伟            ", "号："+buyerID, "号：                  ", "备注", "备注  销方代码 "+sellerID), [4]string{"张伟", "", "上海样例汽车维修有限公司", sellerID}},
		"another's id as a remark":      {printed("备注", "备注  91440300MA5TE5T00P"), [4]string{"样例物流有限公司", buyerID, "上海样例汽车维修有限公司", sellerID}},
		"provincial, a private buyer":   {strings.NewReplacer("样例财产保险股份有限公司", "周晓岚", "91440300MA5TE5T00P", "").Replace(provincial), [4]string{"周晓岚", "", "深圳市样例汽车维修有限公司", buyerID}},
		"provincial, the buyer unread":  {strings.NewReplacer("购  名  称：样例财产保险股份有限公司", "", "买  纳税人识别号：91440300MA5TE5T00P", "").Replace(provincial), [4]string{"", "", "深圳市样例汽车维修有限公司", buyerID}},
		"provincial, the seller unread": {strings.NewReplacer("销  名  称：深圳市样例汽车维修有限公司", "", "售  纳税人识别号：91440300MA5DEMX00T", "").Replace(provincial), [4]string{"样例财产保险股份有限公司", "91440300MA5TE5T00P", "", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read := map[string]string{}
			for _, f := range Extract(VATInvoice, sheetOf(c.text), nil) {
				read[f.Name] = f.Value
			}
			require.Equal(t, c.want, [4]string{read["buyer"], read["buyer_tax_id"], read["seller"], read["seller_tax_id"]})
		})
	}
}

func TestARedLetterInvoiceHasNoAmounts(t *testing.T) {
	t.Parallel()
	red := printed("¥2800.00", "¥-2800.00", "¥364.00", "¥-364.00", "¥3164.00", "¥-3164.00", "叁仟", "（负数）叁仟")
	for name, c := range map[string]struct {
		text string
		qr   []string
		want string // the invoice that is taken back
	}{
		"as it is printed":                     {red, nil, ""},
		"with its dashes lost by a reader":     {printed("叁仟", "（负数）叁仟"), nil, ""},
		"with its words lost":                  {printed("¥3164.00", "¥-3164.00"), nil, ""},
		"with the sign before the currency":    {printed("¥3164.00", "-¥3164.00"), nil, ""},
		"by its code alone":                    {printed(), []string{"01,32,,26312000000012345678,-3164.00,20260309,,9A3F,"}, ""},
		"that says which invoice it is about":  {strings.Replace(red, "备注", "备注  被红冲蓝字数电票号码：26312000000012345600", 1), nil, "26312000000012345600"},
		"of the old form":                      {strings.Replace(provincial, "备注", "备注  对应正数发票代码:044002600111号码:70734200", 1), nil, "70734200"},
		"whose confirmation alone is readable": {strings.Replace(printed(), "备注", "备注  红字发票信息确认单编号：31011126031000123456", 1), nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fields, reason := Understand(VATInvoice, sheetOf(c.text), c.qr)
			require.Equal(t, RedLetter, reason)
			named := got(fields)
			require.NotEmpty(t, named["invoice_number"])
			require.Equal(t, c.want, strings.TrimSuffix(named[ReversedNumber], " *"))
			for _, f := range fields {
				require.False(t, amountField(f.Name), f.Name)
			}
		})
	}
	fields, reason := Understand(VATInvoice, sheetOf(printed("*劳务*维修费              项     1    2800.00    2800.00    13%     364.00", "*劳务*折扣                项     1    -200.00    -200.00    13%     -26.00")), nil)
	require.Empty(t, reason, "a discount on a line takes nothing back")
	require.Equal(t, "316400 *", got(fields)["total_fen"])
}

// plainly are values by name, sure or not.
func plainly(fields []Field) map[string]string {
	values := map[string]string{}
	for _, f := range fields {
		values[f.Name] = f.Value
	}
	return values
}

func TestAFileOfSeveralInvoicesSaysSo(t *testing.T) {
	t.Parallel()
	second := sheetOf(printed("26312000000012345678", "26312000000099945700", "2800.00", "9000.00"))
	for i := range second {
		second[i].Page = 2
	}
	both := append(sheetOf(printed()), second...)
	fields, reason := Understand(VATInvoice, both, nil)
	require.Equal(t, SeveralInvoices, reason)
	require.Empty(t, fields)
	both[len(both)-1].Text = "备注  被红冲蓝字数电票号码：26312000000012345600"
	fields, reason = Understand(VATInvoice, both, nil)
	require.Equal(t, SeveralInvoices, reason)
	require.Equal(t, map[string]string{ReversedNumber: "26312000000012345600"}, plainly(fields), "one of them is a red-letter invoice")
	_, reason = Understand(VATInvoice, sheetOf(printed()), []string{"01,32,,26312000000012345678,3164.00,20260309,,9A3F,", "01,32,,26312000000012345700,11300.00,20260309,,9A3F,"})
	require.Equal(t, SeveralInvoices, reason, "by their codes")

	again := sheetOf(printed())
	for i := range again {
		again[i].Page = 2
	}
	fields, reason = Understand(VATInvoice, append(sheetOf(printed()), again...), nil)
	require.Empty(t, reason, "the same invoice twice is one")
	require.NotEmpty(t, fields)
}

func TestNothingPartlyReadMakesAnythingSure(t *testing.T) {
	t.Parallel()
	head := "机动车辆保险定损单\n车牌号码：津DU3984        车架号：LDCNF3GT2FT164326\n"
	for name, c := range map[string]struct {
		text string
		want map[string]string
	}{
		"thousands and 元": {"材料费合计：8,200元    工时费合计：4,300元    总计：12,500元", map[string]string{"parts_fen": "820000 *", "labour_fen": "430000 *", "total_fen": "1250000 *"}},
		"thousands and ¥": {"材料费合计：¥8,200    工时费合计：¥4,300    总计：¥12,500", map[string]string{"parts_fen": "820000 *", "labour_fen": "430000 *", "total_fen": "1250000 *"}},
		"万元":              {"材料费合计：0.82万元    工时费合计：0.43万元    总计：1.25万元", map[string]string{"parts_fen": "820000 *", "labour_fen": "430000 *", "total_fen": "1250000 *"}},
		"a table in 万元":   {"单位：万元\n材料费合计：0.82    工时费合计：0.43    总计：1.25", map[string]string{}},
		"a total that is misread, and rows that add up": {"大灯    200.00    300.00    500.00\n材料费合计：8,2OO元    工时费合计：4,3OO元    总计：12,5OO元", map[string]string{}},
		"the first page, without its totals": {"项目    数量    配件费    工时费    金额\n大灯    1    100.00    20.00    120.00", map[string]string{
			"parts_fen": "10000", "labour_fen": "2000", "total_fen": "12000",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read := map[string]string{}
			for field, value := range got(Extract(RepairEstimate, sheetOf(head+c.text), nil)) {
				if amountField(field) {
					read[field] = value
				}
			}
			if name == "the first page, without its totals" {
				for field, value := range read {
					require.NotContains(t, value, "*", field)
				}
				return
			}
			require.Equal(t, c.want, read)
		})
	}
}

func TestShapesOfCharactersAreTheCharacters(t *testing.T) {
	t.Parallel()
	require.Equal(t, "样例日用品上海汽车维修", fold("样例⽇⽤品上海汽⻋维修"))
	require.Equal(t, "豈金", fold("\uf900\uf90a"))
	for _, dot := range "·•‧・･∙⋅" {
		name, ok := person("阿卜杜热合曼" + fold(string(dot)) + "阿卜杜热依木")
		require.True(t, ok)
		require.Equal(t, "阿卜杜热合曼·阿卜杜热依木", name)
		require.True(t, same("阿卜杜热合曼"+string(dot)+"阿卜杜热依木", name))
	}
	for from, to := range shapes {
		require.True(t, hanzi(to), "%q", from)
	}
}

func TestATimeIsToldAsPeopleTellIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026年3月9日凌晨0时5分": "2026-03-09 00:05", "2026年03月09日00时05分": "2026-03-09 00:05", "2026-03-09 08:30": "2026-03-09 08:30", "2026年3月9日15时": "2026-03-09 15:00",
		"2026年3月9日下午3时20分": "2026-03-09 15:20", "2026年3月9日上午9点": "2026-03-09 09:00", "2026年3月9日中午12时10分": "2026-03-09 12:10", "2026年3月9日中午1时": "2026-03-09 13:00",
		"2026年3月9日晚8时许": "2026-03-09 20:00", "2026年3月9日晚上12时": "2026-03-09", "2026年3月9日24时": "2026-03-09", "2026年3月9日凌晨12时30分": "2026-03-09 00:30", "2026年3月9日": "2026-03-09",
	} {
		got, ok := moment(text)
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
	}
}

func TestOneWhoIsSaidToBearNoBlameBearsNone(t *testing.T) {
	t.Parallel()
	for last, want := range map[string]string{"张敏承担全部责任，林秀然无责任。": "无", "张敏承担全部责任，对方无责任。": "", "张敏承担主要责任，林秀然承担次要责任。": "次要"} {
		read := map[string]string{}
		for _, f := range Extract(AccidentCertificate, sheetOf("道路交通事故认定书\n当事人    张敏\n当事人    林秀然\n"+last), nil) {
			read[f.Name] = f.Value
		}
		require.Equal(t, want, read["liability_b"], last)
		require.Contains(t, []string{"全部", "主要"}, read["liability_a"], last)
	}
}

func TestThePartiesOfAnAccidentAreToldApart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want [4]string // party a, their plate, party b, their plate
	}{
		"one below the other":         {"道路交通事故认定书\n当事人    张敏\n车辆牌号  川B14142\n当事人    林秀然\n车辆牌号  京HD25994", [4]string{"张敏", "川B14142", "林秀然", "京HD25994"}},
		"called 甲 and 乙":              {"道路交通事故认定书\n当事人甲：张敏\n车辆牌号  川B14142\n当事人乙：林秀然\n车辆牌号  京HD25994", [4]string{"张敏", "川B14142", "林秀然", "京HD25994"}},
		"the first one's plate lost":  {"道路交通事故认定书\n当事人    张敏\n当事人    林秀然\n车辆牌号  京HD25994", [4]string{"张敏", "", "林秀然", "京HD25994"}},
		"the second one's plate lost": {"道路交通事故认定书\n当事人    张敏\n车辆牌号  川B14142\n当事人    林秀然", [4]string{"张敏", "川B14142", "林秀然", ""}},
		"one alone":                   {"道路交通事故认定书\n当事人    张敏\n车辆牌号  川B14142", [4]string{"张敏", "川B14142", "", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read := map[string]string{}
			for _, f := range Extract(AccidentCertificate, sheetOf(c.text), nil) {
				read[f.Name] = f.Value
			}
			require.Equal(t, c.want, [4]string{read["party_a"], read["plate_a"], read["party_b"], read["plate_b"]})
		})
	}
}
