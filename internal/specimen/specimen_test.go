package specimen

import (
	"bytes"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/require"
)

func sample(q Quality) Invoice {
	return Invoice{
		Code: "044002600111", Number: "70734235", Issued: "2026-03-09", CheckCode: "21221762166179393588", Province: "广东",
		Buyer: "样例财产保险股份有限公司", BuyerTaxID: CreditCode("91440300MA5TE5T00"), Seller: "深圳市样例汽车维修有限公司", SellerTaxID: CreditCode("91440300MA5DEMX00"),
		Items: []Item{{"*劳务*汽车维修费", "项", 213895}}, RatePercent: 13, Plate: "粤B12345", Quality: q,
	}
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	for name, draw := range map[string]func() ([]byte, error){
		"pdf":     func() ([]byte, error) { return VATInvoicePDF(sample("")) },
		"photo":   func() ([]byte, error) { return LossPhoto(Photo{View: CarFront, Plate: "粤BD12345", Seed: 3}) },
		"vehicle": func() ([]byte, error) { return VehicleLicence(Vehicle{Plate: "粤B12345", Quality: Scan}) },
		"driver":  func() ([]byte, error) { return DrivingLicence(Driver{Name: "测试张三", Quality: Bad}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, err := draw()
			require.NoError(t, err)
			two, err := draw()
			require.NoError(t, err)
			require.True(t, bytes.Equal(one, two))
		})
	}
}

func TestEveryViewIsAPictureOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]View{}
	for _, view := range []View{CarFront, CarRear, CarLeft, CarRight, CarDetail, CarScene, WarehouseGate, WarehouseHall, WarehouseRacks, WarehouseGoods} {
		data, err := LossPhoto(Photo{View: view, Plate: "粤B12345", Sign: "样例仓库", Colour: color.RGBA{150, 30, 30, 255}})
		require.NoError(t, err)
		config, format, err := image.DecodeConfig(bytes.NewReader(data))
		require.NoError(t, err)
		require.Equal(t, "jpeg", format)
		require.Equal(t, image.Pt(1600, 1200), image.Pt(config.Width, config.Height))
		require.Empty(t, seen[string(data)])
		seen[string(data)] = view
	}
	_, err := LossPhoto(Photo{View: "from_the_moon"})
	require.Error(t, err)
	_, err = VATInvoice(sample("blurry"))
	require.Error(t, err)
}

func TestTheInvoiceBearsItsQRCode(t *testing.T) {
	t.Parallel()
	provincial, digital := sample(Clean), sample(Clean)
	digital.Code, digital.Number = "", "26442000000012345678"
	for want, in := range map[string]Invoice{
		"01,10,044002600111,70734235,2138.95,20260309,21221762166179393588,4C7E,": provincial,
		"01,32,,26442000000012345678,2417.01,20260309,,9A3F,":                     digital,
	} {
		data, err := VATInvoice(in)
		require.NoError(t, err)
		img, _, err := image.Decode(bytes.NewReader(data))
		require.NoError(t, err)
		bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
		require.NoError(t, err)
		code, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
		require.NoError(t, err)
		require.Equal(t, want, code.GetText())
	}
}

func TestSumsAreInFen(t *testing.T) {
	t.Parallel()
	in := sample("")
	in.Items = append(in.Items, Item{Fen: 82700})
	amount, tax, total := in.Sums()
	require.Equal(t, []int64{296595, 38557, 335152}, []int64{amount, tax, total})
	parts, labour, total := Estimate{Lines: []Repair{{PartsFen: 5, LabourFen: 7}, {PartsFen: 1}}}.Sums()
	require.Equal(t, []int64{6, 7, 13}, []int64{parts, labour, total})
}

// The numbers below are valid by other people's word: published examples.
func TestNumbersHaveTheirCheckDigits(t *testing.T) {
	t.Parallel()
	require.Equal(t, "11010519491231002X", Citizen("11010519491231002")) // GB 11643, annex
	require.Equal(t, "440524188001010014", Citizen("44052418800101001")) // likewise
	require.Equal(t, "11111111111111111", VIN("11111111011111111"))      // the textbook's
	require.Equal(t, "1M8GDM9AXKP042788", VIN("1M8GDM9A0KP042788"))      // Wikipedia's
	require.Equal(t, "914403001922038216", CreditCode("91440300192203821"))
	require.Equal(t, VIN("LSVAA4180E2100000"), VIN("LSVAA4180E2IOOQOO"))
	require.Equal(t, CreditCode("91310115MA1K4TE5T"), CreditCode("91310115MA1K4TEST"))
}

func TestAmountsInWords(t *testing.T) {
	t.Parallel()
	for fen, want := range map[int64]string{
		0: "零圆整", 5: "零圆零伍分", 100: "壹圆整", 1000: "壹拾圆整", 287288: "贰仟捌佰柒拾贰圆捌角捌分", 241701: "贰仟肆佰壹拾柒圆零壹分", 630800: "陆仟叁佰零捌圆整",
		10000050: "壹拾万圆伍角", 105070030: "壹佰零伍万零柒佰圆叁角", 12000000000: "壹亿贰仟万圆整", 10000000100: "壹亿零壹圆整",
	} {
		require.Equal(t, want, inWords(fen))
	}
}

func TestAWrongFontIsNamedWithItsRemedy(t *testing.T) {
	t.Parallel()
	require.True(t, strings.HasPrefix(debianFont, "/usr/share/fonts/"))
	f, err := loadFonts()
	require.NoError(t, err, "Debian package fonts-droid-fallback")
	for _, r := range "安赔ABC019¥·" {
		require.NotNil(t, f.outline(r, 0, 0, 30), string(r))
	}
	require.Nil(t, f.outline(' ', 0, 0, 30))
}
