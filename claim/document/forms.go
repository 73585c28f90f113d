package document

// A form says which fields a kind of paper has, and what gives the kind away.
type form struct {
	kind   Kind
	marks  []mark
	fields []spec
}

// mark is a word that speaks for a kind, and how loudly: 10 is a title that
// no other paper bears.
type mark struct {
	word   string
	weight int
}

// spec is where a field stands and what it looks like.
type spec struct {
	name   string
	labels []string // in the order in which they are tried
	parse  parser
	// check is the check digit, where the field has one.
	check func(string) bool
	// guarded fields (money, identity, account, plate, VIN) are never sure
	// without a second witness, however exact their source.
	guarded bool
	// anywhere means that the look of the value alone identifies it, when no
	// label leads to one; of a party's value, that its check does.
	anywhere bool
	// strict means that such a value must pass its check to count.
	strict bool
	// rowed is a word without which a label stands over a column, too: what is
	// below it is then one row's.
	rowed string
	// wraps means that a long value goes on in the next line.
	wraps bool
	// party is set, from 1, where a form has the same label once per party.
	party int
}

var forms = []form{
	{
		kind: VATInvoice,
		marks: []mark{
			{"增值税电子普通发票", 10},
			{"增值税普通发票", 10},
			{"增值税专用发票", 10},
			{"电子发票(普通发票)", 10},
			{"电子发票(增值税专用发票)", 10},
			{"发票代码", 4},
			{"发票号码", 4},
			{"开票日期", 4},
			{"价税合计", 5},
			{"纳税人识别号", 3},
			{"税额", 2},
			{"税率", 2},
			{"购买方", 2},
			{"销售方", 2},
			{"开票人", 2},
			{"校验码", 2},
			{"国家税务总局", 2},
		},
		fields: []spec{
			{name: "invoice_code", labels: []string{"发票代码"}, parse: match(`(?:^|\D)(\d{12}|\d{10})(?:\D|$)`)},
			{name: "invoice_number", labels: []string{"发票号码", "票号码"}, parse: match(`(?:^|\D)(\d{20}|\d{8})(?:\D|$)`)},
			{name: "issue_date", labels: []string{"开票日期"}, parse: firstDate, anywhere: true},
			{name: "amount_fen", guarded: true},
			{name: "tax_fen", guarded: true},
			{name: "total_fen", labels: []string{"小写", "价税合计"}, parse: firstAmount, guarded: true},
			{name: "total_words", labels: []string{"大写", "价税合计"}, parse: inWords},
			{name: "buyer", labels: []string{"购买方名称", "销售方名称", "名称", "称"}, parse: partyName, party: 1},
			{name: "buyer_tax_id", labels: []string{"纳税人识别号", "统一社会信用代码"}, parse: credit, check: creditOK, guarded: true, anywhere: true, party: 1},
			{name: "seller", labels: []string{"购买方名称", "销售方名称", "名称", "称"}, parse: partyName, party: 2},
			{name: "seller_tax_id", labels: []string{"纳税人识别号", "统一社会信用代码"}, parse: credit, check: creditOK, guarded: true, anywhere: true, party: 2},
			{name: "check_code", labels: []string{"校验码"}, parse: match(`(?:^|\D)(\d{20})(?:\D|$)`)},
			{name: "plate", labels: []string{"车牌号", "号牌号码"}, parse: plate, guarded: true, anywhere: true},
			{name: ReversedNumber},
		},
	},
	{
		kind: RepairEstimate,
		marks: []mark{
			{"机动车辆保险定损单", 10},
			{"定损单", 8},
			{"维修估价单", 10},
			{"维修结算单", 10},
			{"估价单", 6},
			{"损失确认书", 8},
			{"维修清单", 8},
			{"报价单", 4},
			{"工时费合计", 4},
			{"材料费合计", 4},
			{"配件费合计", 4},
			{"工时费", 3},
			{"材料费", 2},
			{"配件", 2},
			{"承修单位", 4},
			{"维修单位", 3},
			{"厂牌型号", 2},
			{"车架号", 2},
			{"定损员", 2},
			{"更换项目", 3},
			{"修理项目", 3},
		},
		fields: []spec{
			{name: "estimate_number", labels: []string{"定损单号", "估价单号", "单号", "编号"}, parse: serial},
			{name: "issue_date", labels: []string{"定损日期", "估价日期", "日期"}, parse: firstDate, anywhere: true},
			{name: "plate", labels: []string{"车牌号码", "号牌号码", "车牌号", "牌照号"}, parse: plate, guarded: true, anywhere: true},
			{name: "vin", labels: []string{"车架号", "车辆识别代号", "车辆识别代码", "VIN"}, parse: vin, check: vinOK, guarded: true, anywhere: true},
			{name: "model", labels: []string{"厂牌型号", "品牌型号", "车型"}, parse: free},
			{name: "shop", labels: []string{"承修单位", "维修单位", "修理单位", "修理厂", "承修厂"}, parse: words(4, 40)},
			{name: "parts_fen", labels: []string{"材料费合计", "配件费合计", "零件费合计", "材料合计", "配件合计", "材料费", "配件费"}, parse: firstAmount, guarded: true, rowed: "合计"},
			{name: "labour_fen", labels: []string{"工时费合计", "人工费合计", "工时合计", "人工费", "工时费"}, parse: firstAmount, guarded: true, rowed: "合计"},
			{name: "total_fen", labels: []string{"总计", "定损金额", "总金额", "合计金额", "费用合计", "小写"}, parse: firstAmount, guarded: true},
			{name: "total_words", labels: []string{"人民币大写", "大写"}, parse: inWords},
		},
	},
	{
		kind: VehicleLicence,
		marks: []mark{
			{"中华人民共和国机动车行驶证", 10},
			{"机动车行驶证", 8},
			{"行驶证", 5},
			{"Vehicle License", 6},
			{"使用性质", 3},
			{"Use Character", 4},
			{"品牌型号", 3},
			{"发动机号码", 3},
			{"Engine No", 3},
			{"注册日期", 3},
			{"Register Date", 3},
			{"车辆类型", 3},
			{"Vehicle Type", 3},
			{"车辆识别代号", 2},
			{"所有人", 2},
			{"Owner", 2},
			{"发证日期", 2},
			{"号牌号码", 2},
			{"Plate No", 2},
			{"VIN", 1},
			{"机动车行驶证副页", 10},
			{"核定载人数", 5},
			{"整备质量", 4},
			{"外廓尺寸", 4},
			{"准牵引总质量", 4},
			{"检验记录", 4},
			{"档案编号", 3},
			{"核定载质量", 3},
		},
		fields: []spec{
			{name: "plate", labels: []string{"号牌号码", "Plate No."}, parse: plate, guarded: true, anywhere: true},
			{name: "vehicle_type", labels: []string{"车辆类型", "Vehicle Type"}, parse: vehicleType},
			{name: "owner", labels: []string{"所有人", "Owner"}, parse: words(2, 40), guarded: true},
			{name: "address", labels: []string{"住址", "Address"}, parse: address, anywhere: true, wraps: true},
			{name: "use", labels: []string{"使用性质", "Use Character"}, parse: match(`(非营运|营转非|租赁|预约出租客运|出租客运|公路客运|公交客运|旅游客运|货运|危化品运输|警用|消防|救护|工程救险|教练|幼儿校车|小学生校车)`), anywhere: true},
			{name: "model", labels: []string{"品牌型号", "Model"}, parse: match(`([\p{Han}]+牌?[A-Z0-9]{4,}[A-Z0-9/()-]*)`)},
			{name: "vin", labels: []string{"车辆识别代号", "VIN"}, parse: vin, check: vinOK, guarded: true, anywhere: true},
			{name: "engine_no", labels: []string{"发动机号码", "Engine No."}, parse: engine},
			{name: "register_date", labels: []string{"注册日期", "Register Date"}, parse: firstDate},
			{name: "issue_date", labels: []string{"发证日期", "Issue Date"}, parse: firstDate},
			{name: "file_no", labels: []string{"档案编号"}, parse: match(`(\d{12})`)},
			{name: "seats", labels: []string{"核定载人数"}, parse: match(`^(\d{1,2})人`)},
			{name: "total_mass", labels: []string{"总质量"}, parse: kilograms},
			{name: "curb_mass", labels: []string{"整备质量"}, parse: kilograms},
			{name: "dimensions", labels: []string{"外廓尺寸"}, parse: match(`(\d{4,5}[xX×*]\d{4}[xX×*]\d{4})`)},
			{name: "valid_until", labels: []string{"检验记录", "检验有效期至"}, parse: monthUntil},
		},
	},
	{
		kind: DrivingLicence,
		marks: []mark{
			{"中华人民共和国机动车驾驶证", 10},
			{"机动车驾驶证", 8},
			{"驾驶证", 5},
			{"Driving License", 6},
			{"准驾车型", 5},
			{"初次领证日期", 5},
			{"Date of First Issue", 4},
			{"Nationality", 3},
			{"国籍", 2},
			{"有效期限", 2},
			{"Valid Period", 3},
			{"Date of Birth", 2},
			{"证号", 1},
		},
		fields: []spec{
			{name: "licence_no", labels: []string{"证号"}, parse: citizen, check: citizenOK, guarded: true, anywhere: true},
			{name: "name", labels: []string{"姓名", "Name"}, parse: person, guarded: true},
			{name: "sex", labels: []string{"性别", "Sex"}, parse: match(`^(男|女)`)},
			{name: "address", labels: []string{"住址", "Address"}, parse: address, anywhere: true, wraps: true},
			{name: "birth_date", labels: []string{"出生日期", "Date of Birth"}, parse: firstDate, guarded: true},
			{name: "issue_date", labels: []string{"初次领证日期", "Date of First Issue"}, parse: firstDate},
			{name: "class", labels: []string{"准驾车型", "Class"}, parse: vehicleClass},
			{name: "valid_from", labels: []string{"有效期限", "Valid Period", "有效起始日期"}, parse: beginDate, anywhere: true},
			{name: "valid_until", labels: []string{"有效期限", "Valid Period"}, parse: lastDate, anywhere: true},
			{name: "file_no", labels: []string{"档案编号"}, parse: match(`(\d{12})`)},
		},
	},
	{
		kind: IDCard,
		marks: []mark{
			{"公民身份号码", 8}, {"居民身份证", 8}, {"签发机关", 5}, {"民族", 4}, {"出生", 2}, {"住址", 2}, {"性别", 1}, {"姓名", 1},
		},
		fields: []spec{
			{name: "name", labels: []string{"姓名"}, parse: person, guarded: true},
			{name: "sex", labels: []string{"性别"}, parse: match(`^(男|女)`)},
			{name: "nation", labels: []string{"民族"}, parse: match(`^([\p{Han}]{1,4})`)},
			{name: "birth_date", labels: []string{"出生"}, parse: firstDate, guarded: true},
			{name: "address", labels: []string{"住址"}, parse: address, anywhere: true, wraps: true},
			{name: "id_number", labels: []string{"公民身份号码"}, parse: citizen, check: citizenOK, guarded: true, anywhere: true},
			{name: "authority", labels: []string{"签发机关"}, parse: words(4, 30)},
			{name: "valid_from", labels: []string{"有效期限"}, parse: beginDate, anywhere: true},
			{name: "valid_until", labels: []string{"有效期限"}, parse: lastDate, anywhere: true},
		},
	},
	{
		kind: BankCard,
		marks: []mark{
			{"银联", 4}, {"UnionPay", 5}, {"储蓄卡", 4}, {"借记卡", 4}, {"信用卡", 4}, {"VALID THRU", 4}, {"DEBIT", 3}, {"银行", 2}, {"MONTH/YEAR", 2},
		},
		fields: []spec{
			{name: "card_number", parse: card, check: cardOK, guarded: true, anywhere: true},
			{name: "bank", parse: match(`([\p{Han}]{2,10}银行)`), anywhere: true},
			{name: "valid_until", labels: []string{"VALID THRU", "有效期"}, parse: thru, anywhere: true},
		},
	},
	{
		kind: AccidentCertificate,
		marks: []mark{
			{"道路交通事故认定书", 10}, {"事故认定书", 8}, {"事故责任认定", 6}, {"道路交通事故", 3}, {"事故时间", 3}, {"事故地点", 3}, {"当事人", 2}, {"交通方式", 3}, {"交通警察", 2}, {"交通事故事实", 4}, {"承担事故", 3},
		},
		fields: []spec{
			{name: "certificate_number", parse: match(`第([\p{Han}A-Z]*\d{8,24})号`), anywhere: true},
			{name: "accident_time", labels: []string{"事故时间", "发生时间"}, parse: moment},
			{name: "place", labels: []string{"事故地点", "发生地点"}, parse: words(4, 60)},
			{name: "party_a", labels: []string{"当事人甲", "当事人乙", "当事人"}, parse: person, guarded: true, party: 1},
			{name: "party_a_id", labels: []string{"身份证号", "证件号码"}, parse: citizen, check: citizenOK, guarded: true, anywhere: true, party: 1},
			{name: "plate_a", labels: []string{"车辆牌号", "车牌号", "号牌号码"}, parse: plate, guarded: true, party: 1},
			{name: "party_b", labels: []string{"当事人甲", "当事人乙", "当事人"}, parse: person, guarded: true, party: 2},
			{name: "party_b_id", labels: []string{"身份证号", "证件号码"}, parse: citizen, check: citizenOK, guarded: true, anywhere: true, party: 2},
			{name: "plate_b", labels: []string{"车辆牌号", "车牌号", "号牌号码"}, parse: plate, guarded: true, party: 2},
			{name: "policy_number", labels: []string{"保险凭证号", "保险单号", "保单号"}, parse: match(`([A-Z]{2,6}\d{8,22}|\d{15,25})`)},
			{name: "liability_a"},
			{name: "liability_b"},
		},
	},
	{
		kind: Agreement,
		marks: []mark{
			{"赔付协议", 10}, {"赔偿协议", 9}, {"赔款协议", 9}, {"定损协议", 7}, {"协议书", 5}, {"赔款金额", 3}, {"赔付金额", 3}, {"收款人", 3}, {"甲方", 2}, {"乙方", 2}, {"开户行", 2}, {"赔案号", 2},
		},
		fields: []spec{
			{name: "claim_number", labels: []string{"赔案号", "赔案编号", "报案号"}, parse: match(`([A-Z0-9-]{6,36})`)},
			{name: "total_fen", labels: []string{"赔款金额", "赔付金额", "协议金额", "小写"}, parse: firstAmount, guarded: true},
			{name: "payee", labels: []string{"收款人", "户名", "领款人"}, parse: words(2, 40), guarded: true},
			{name: "account", labels: []string{"账号", "卡号"}, parse: card, check: cardOK, guarded: true, anywhere: true, strict: true},
			{name: "bank", labels: []string{"开户行", "开户银行"}, parse: words(4, 40)},
			{name: "issue_date", labels: []string{"签订日期", "协议日期", "日期"}, parse: firstDate, anywhere: true},
		},
	},
	{
		kind: BusinessLicence,
		marks: []mark{
			{"营业执照", 10}, {"法定代表人", 4}, {"注册资本", 5}, {"经营范围", 5}, {"登记机关", 4}, {"营业期限", 4}, {"成立日期", 4}, {"统一社会信用代码", 3}, {"企业信用信息公示系统", 5}, {"住所", 2}, {"类型", 1},
		},
		fields: []spec{
			{name: "credit_code", labels: []string{"统一社会信用代码", "注册号"}, parse: credit, check: creditOK, guarded: true, anywhere: true},
			{name: "name", labels: []string{"企业名称", "名称", "称"}, parse: words(2, 60), guarded: true, wraps: true},
			{name: "type", labels: []string{"主体类型", "公司类型", "类型", "型"}, parse: words(2, 60), wraps: true},
			{name: "legal_rep", labels: []string{"法定代表人", "执行事务合伙人", "经营者", "投资人", "负责人"}, parse: person, guarded: true},
			{name: "registered_capital", labels: []string{"注册资本", "注册资金", "出资额"}, parse: capital},
			{name: "established", labels: []string{"成立日期", "注册日期"}, parse: firstDate},
			{name: "address", labels: []string{"经营场所", "营业场所", "主要经营场所", "住所", "所"}, parse: address, wraps: true, anywhere: true},
		},
	},
	{
		kind: MedicalReceipt,
		marks: []mark{
			{"医疗收费票据", 10}, {"门诊收费票据", 10}, {"住院收费票据", 10}, {"医疗门诊收费", 8}, {"医疗住院收费", 8}, {"票据代码", 5}, {"票据号码", 5}, {"交款人", 5}, {"医保统筹基金", 5}, {"个人自付", 4}, {"个人自费", 4}, {"个人现金支付", 4}, {"业务流水号", 3}, {"医疗机构类型", 4}, {"收款单位", 2}, {"医保类型", 3}, {"门诊号", 3}, {"住院号", 3}, {"西药费", 3}, {"检查费", 2}, {"化验费", 2}, {"床位费", 3}, {"诊察费", 3},
		},
		fields: []spec{
			{name: "invoice_code", labels: []string{"票据代码"}, parse: match(`(?:^|\D)(\d{8,12})(?:\D|$)`)},
			{name: "invoice_number", labels: []string{"票据号码"}, parse: match(`(?:^|\D)(\d{8,12})(?:\D|$)`)},
			{name: "check_code", labels: []string{"校验码"}, parse: match(`(?:^|[^0-9A-Za-z])([0-9A-Za-z]{6})(?:[^0-9A-Za-z]|$)`)},
			{name: "issue_date", labels: []string{"开票日期", "日期"}, parse: firstDate, anywhere: true},
			{name: "payer", labels: []string{"交款人", "患者姓名", "姓名"}, parse: person, guarded: true},
			{name: "total_fen", labels: []string{"小写", "金额合计", "合计金额", "总金额", "合计"}, parse: firstAmount, guarded: true},
			{name: "total_words", labels: []string{"大写", "金额合计"}, parse: inWords},
			{name: "fund_fen", labels: []string{"医保统筹基金支付", "医保基金支付", "统筹基金支付", "基金支付"}, parse: firstAmount, guarded: true},
			{name: "self_fen", labels: []string{"个人自付", "个人现金支付", "个人支付", "个人负担"}, parse: firstAmount, guarded: true},
			{name: "hospital", labels: []string{"收款单位", "医疗机构名称", "医院名称"}, parse: hospital},
		},
	},
	{
		kind: VINPlate,
		marks: []mark{
			{"制造年月", 5}, {"MADE IN CHINA", 5}, {"中国制造", 4}, {"最大允许总质量", 6}, {"最大设计总质量", 6}, {"乘坐人数", 4}, {"额定功率", 4}, {"最大净功率", 5}, {"发动机型号", 4}, {"发动机排量", 4}, {"整车型号", 4}, {"车辆型号", 3}, {"车辆识别代号", 3}, {"VIN", 2}, {"制造国", 4}, {"排量", 2}, {"驱动电机型号", 4},
		},
		fields: []spec{
			{name: "vin", labels: []string{"车辆识别代号", "VIN"}, parse: vin, check: vinOK, guarded: true, anywhere: true},
			{name: "manufacturer", labels: []string{"生产企业", "制造商", "制造厂", "生产厂"}, parse: match(`([\p{Han}()]{2,30}(?:公司|集团|制造厂|汽车厂))`), anywhere: true},
			{name: "engine_model", labels: []string{"发动机型号", "驱动电机型号"}, parse: match(`^([A-Z0-9][A-Z0-9./-]{2,19})`)},
			{name: "made", labels: []string{"制造年月", "生产年月", "制造日期", "生产日期"}, parse: month, anywhere: true},
			{name: "total_mass", labels: []string{"最大允许总质量", "最大设计总质量", "总质量"}, parse: match(`^[:(]?(?:kg|KG)?[):]*(\d{3,5})`)},
			{name: "model", labels: []string{"整车型号", "车辆型号", "型号"}, parse: match(`^([A-Z]{2,4}\d{4}[A-Z0-9]*)`)},
			{name: "seats", labels: []string{"乘坐人数", "座位数", "核定载客"}, parse: match(`^(\d{1,2})(?:\D|$)`)},
			{name: "power", labels: []string{"额定功率", "最大净功率", "功率"}, parse: match(`^(\d{2,3}(?:\.\d)?)(?:kW|KW|kw|\D|$)`)},
		},
	},
	{
		kind: ClaimForm,
		marks: []mark{
			{"索赔申请书", 10}, {"理赔申请书", 10}, {"索赔申请", 7}, {"理赔申请", 7}, {"出险通知书", 8}, {"出险时间", 4}, {"出险地点", 4}, {"出险经过", 4}, {"索赔金额", 4}, {"被保险人", 2}, {"报案号", 2}, {"驾驶人", 2}, {"保险单号", 2}, {"领款人", 3}, {"开户银行", 2}, {"账号", 1},
		},
		fields: []spec{
			{name: "policy_number", labels: []string{"保险单号", "保单号码", "保单号"}, parse: match(`([A-Z]{2,6}\d{8,22}|\d{12,25})`)},
			{name: "claim_number", labels: []string{"报案号", "报案编号", "赔案号"}, parse: match(`([A-Z0-9-]{6,36})`)},
			{name: "insured", labels: []string{"被保险人名称", "被保险人姓名", "被保险人"}, parse: words(2, 40), guarded: true},
			{name: "id_number", labels: []string{"身份证号码", "身份证号", "证件号码"}, parse: citizen, check: citizenOK, guarded: true, anywhere: true},
			{name: "phone", labels: []string{"联系电话", "手机号码", "电话"}, parse: match(`(?:^|\D)(1[3-9]\d{9})(?:\D|$)`), anywhere: true},
			{name: "plate", labels: []string{"号牌号码", "车牌号码", "车牌号"}, parse: plate, guarded: true, anywhere: true},
			{name: "vin", labels: []string{"车架号", "车辆识别代号", "VIN"}, parse: vin, check: vinOK, guarded: true, anywhere: true},
			{name: "driver", labels: []string{"驾驶人姓名", "驾驶员姓名", "驾驶人", "驾驶员"}, parse: person},
			{name: "accident_time", labels: []string{"出险时间", "事故时间"}, parse: moment},
			{name: "place", labels: []string{"出险地点", "事故地点"}, parse: words(4, 60), wraps: true},
			{name: "total_fen", labels: []string{"索赔金额", "申请金额", "小写"}, parse: firstAmount, guarded: true},
			{name: "total_words", labels: []string{"大写"}, parse: inWords},
			{name: "payee", labels: []string{"收款人", "领款人", "户名", "账户名"}, parse: words(2, 40), guarded: true},
			{name: "account", labels: []string{"银行账号", "账号", "卡号"}, parse: card, check: cardOK, guarded: true, anywhere: true, strict: true},
			{name: "bank", labels: []string{"开户银行", "开户行"}, parse: words(4, 40)},
			{name: "issue_date", labels: []string{"申请日期", "填写日期", "日期"}, parse: firstDate},
		},
	},
	{
		kind: Receipt,
		marks: []mark{
			{"TAX INVOICE", 6}, {"INVOICE", 4}, {"RECEIPT", 5}, {"CASH BILL", 5}, {"GUEST CHECK", 5}, {"SUB TOTAL", 4}, {"SUBTOTAL", 4}, {"GRAND TOTAL", 4}, {"TOTAL", 3}, {"ROUNDING", 3}, {"CASHIER", 3}, {"CHANGE", 3}, {"CASH", 2}, {"GST", 3}, {"SDN BHD", 4}, {"THANK YOU", 3}, {"QTY", 2}, {"AMOUNT", 2}, {"VAT", 1}, {"DATE", 1},
		},
		fields: []spec{
			{name: "company"},
			{name: "reg_no"},
			{name: "tax_id"},
			{name: "receipt_number"},
			{name: "issue_date"},
			{name: "time"},
			{name: "amount_fen", guarded: true},
			{name: "tax_fen", guarded: true},
			{name: "total_fen", guarded: true},
			{name: "cash_fen", guarded: true},
			{name: "change_fen", guarded: true},
		},
	},
	{
		kind: LossPhoto,
		fields: []spec{
			{name: "plate", parse: plate, guarded: true, anywhere: true},
		},
	},
}

func formOf(kind Kind) (form, bool) {
	for _, f := range forms {
		if f.kind == kind {
			return f, true
		}
	}
	return form{}, false
}

// Names returns the fields that papers of this kind have, in the order in
// which people read them; none for kinds without a form.
func Names(kind Kind) []string {
	f, _ := formOf(kind)
	var out []string
	for _, s := range f.fields {
		out = append(out, s.name)
	}
	return out
}

// labels returns every label of the form: a value ends where one begins.
func (f form) labels() []string {
	out := []string{"规格型号", "购买方", "销售方", "数量", "单价", "金额", "税率", "税额", "备注", "联系电话", "天气", "交通方式", "被保险人", "报案号", "国籍", "Nationality", "经营范围", "营业期限", "登记机关", "性别", "医疗机构类型", "复核人", "收款人", "个人现金支付", "个人自费", "个人账户支付", "医保类型", "项目名称", "出险经过", "事故经过", "申请人", "联系人", "被保险人", "天气", "证芯编号", "乘坐人数", "额定功率"}
	for _, s := range f.fields {
		out = append(out, s.labels...)
	}
	return out
}
