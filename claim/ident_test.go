package claim_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"anpei/claim"
)

// The numbers here are made up, or the examples of the standards.
func TestNumbersAreReadOrSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, parse := range map[string]struct {
		ident claim.Ident
		read  func(string) (string, error)
		good  map[string]string           // as typed → as kept
		bad   map[string]claim.IdentFault // as typed → what is wrong
	}{
		"phone": {
			claim.IdentPhone, claim.ParsePhone,
			map[string]string{
				"13812345678": "13812345678", "+86 138 1234 5678": "13812345678", "86-138-1234-5678": "13812345678",
				"0086 13812345678": "13812345678", "１３８１２３４５６７８": "13812345678", "\u202d13812345678\u202c": "13812345678",
				"19900000000": "19900000000",
			},
			map[string]claim.IdentFault{
				"": claim.FaultLength, "1381234567": claim.FaultLength, "138123456789": claim.FaultLength,
				"+85213812345678": claim.FaultCharacters, "1381234567a": claim.FaultCharacters,
				"12812345678": claim.FaultPrefix, "02112345678": claim.FaultPrefix,
			},
		},
		"plate": {
			claim.IdentPlate, claim.ParsePlate,
			map[string]string{
				"京A12345": "京A12345", "京A·12345": "京A12345", "沪a 8k88k": "沪A8K88K", "粤B1234学": "粤B1234学",
				"冀A1234挂": "冀A1234挂", "鲁B1234警": "鲁B1234警", "粤ZAB12港": "粤ZAB12港", "粤Z1234澳": "粤Z1234澳",
				"京AD12345": "京AD12345",
				"沪A12345D": "沪A12345D", "苏AK00001": "苏AK00001", "川AGZ1234": "川AGZ1234", "使014578": "使014578", "沪A0023领": "沪A0023领",
			},
			map[string]claim.IdentFault{
				"": claim.FaultPrefix, "A12345": claim.FaultPrefix, "台A12345": claim.FaultPrefix, "京112345": claim.FaultPrefix,
				"京I12345": claim.FaultPrefix, "京A1234": claim.FaultLength, "京A1234567": claim.FaultLength,
				"京A1O345": claim.FaultCharacters, "京AI2345": claim.FaultCharacters, "京A12?45": claim.FaultCharacters,
				"京AL12345": claim.FaultForm, "京A123456": claim.FaultForm, "粤BF1234A": claim.FaultForm, "京A1234港": claim.FaultForm,
			},
		},
		"vin": {
			claim.IdentVIN, claim.ParseVIN,
			map[string]string{
				"1M8GDM9AXKP042788": "1M8GDM9AXKP042788", "11111111111111111": "11111111111111111",
				"5GZCZ43D13S812715": "5GZCZ43D13S812715", "1m8-gdm9axkp042788": "1M8GDM9AXKP042788",
			},
			map[string]claim.IdentFault{
				"": claim.FaultLength, "1M8GDM9AXKP04278": claim.FaultLength, "1M8GDM9AXKP0427888": claim.FaultLength,
				"1M8GDM9AXKPO42788": claim.FaultCharacters, "IM8GDM9AXKP042788": claim.FaultCharacters, "1M8GDM9AXKQ042788": claim.FaultCharacters,
				"沪M8GDM9AXKP042788": claim.FaultCharacters, "1M8GDM9A1KP042788": claim.FaultCheck, "1M8GDM9AXKP042789": claim.FaultCheck,
			},
		},
		"id card": {
			claim.IdentIDCard, claim.ParseIDCard,
			map[string]string{
				"11010519491231002X": "11010519491231002X", "11010519491231002x": "11010519491231002X", // the standard's
				"110105 19491231 002X": "11010519491231002X",
			},
			map[string]claim.IdentFault{
				"": claim.FaultLength, "110105491231002": claim.FaultLength,
				"1101051949123100AX": claim.FaultCharacters, "11010519491231002Y": claim.FaultCharacters, "X1010519491231002X": claim.FaultCharacters,
				"01010519491231002X": claim.FaultPrefix, "16010519491231002X": claim.FaultPrefix,
				"11010519491331002X": claim.FaultDate, "11010519490229002X": claim.FaultDate, "110105189912310020": claim.FaultDate, "110105190001010020": claim.FaultCheck,
				"440524188001010014": claim.FaultDate, // the standard's other one: of 1880, nobody's any more
				"110105194912310021": claim.FaultCheck, "11010519491231003X": claim.FaultCheck,
			},
		},
		"credit code": {
			claim.IdentCreditCode, claim.ParseCreditCode,
			map[string]string{
				"91350100M000100Y43": "91350100M000100Y43", // the standard's
				"91350100m000100y43": "91350100M000100Y43",
			},
			map[string]claim.IdentFault{
				"": claim.FaultLength, "91350100M000100Y4": claim.FaultLength, "91350100M0001O0Y43": claim.FaultCharacters,
				"91350100M000I00Y43": claim.FaultCharacters, "91350100M000100Y44": claim.FaultCheck, "91350100M000100Y34": claim.FaultCheck,
			},
		},
		"account": {
			claim.IdentAccount, claim.ParseAccount,
			map[string]string{
				"6222 0212 3456 7890 123": "6222021234567890123", "1234567890123": "1234567890123",
			},
			map[string]claim.IdentFault{
				"": claim.FaultLength, "123456789012": claim.FaultLength, "12345678901234567890": claim.FaultLength,
				"622202123456789O123": claim.FaultCharacters,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for typed, want := range parse.good {
				got, err := parse.read(typed)
				require.NoError(t, err, typed)
				require.Equal(t, want, got)
				again, err := parse.read(got)
				require.NoError(t, err)
				require.Equal(t, got, again)
			}
			for typed, want := range parse.bad {
				_, err := parse.read(typed)
				var fault *claim.IdentError
				require.ErrorAs(t, err, &fault, typed)
				require.Equal(t, parse.ident, fault.Ident, typed)
				require.Equal(t, want, fault.Fault, typed)
				require.NotEmpty(t, fault.ZH)
				require.NotEmpty(t, fault.EN)
				if len(typed) > 5 {
					require.NotContains(t, fault.Error()+fault.ZH, typed, "numbers stay out of errors")
				}
			}
		})
	}
}

// Every slip of one character, and every swap of two neighbours, is what check
// digits are for.
func TestASlipOfThePenIsCaught(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		number, alphabet string
		read             func(string) (string, error)
		from             int // first place where a slip leaves the rest of the form intact
	}{
		{"11010519491231002X", "0123456789", claim.ParseIDCard, 14},
		{"91350100M000100Y43", "0123456789ABCDEFGHJKLMNPQRTUWXY", claim.ParseCreditCode, 0},
	} {
		rapid.Check(t, func(t *rapid.T) {
			i := rapid.IntRange(row.from, 16).Draw(t, "place")
			b := []byte(row.number)
			b[i] = row.alphabet[rapid.IntRange(0, len(row.alphabet)-1).Draw(t, "slip")]
			_, err := row.read(string(b))
			require.Equal(t, string(b) == row.number, err == nil, string(b))
		})
	}
	_, err := claim.ParseIDCard("11010519491213002X")
	require.ErrorContains(t, err, "does not fit")
}

func TestPermanentResidentsHaveNumbersToo(t *testing.T) {
	t.Parallel()
	// 9, where applied for, country, birth, serial; the same check digit.
	for _, check := range "0123456789X" {
		_, err := claim.ParseIDCard("91184019790101001" + string(check))
		if err == nil {
			return
		}
		require.ErrorContains(t, err, "last character")
	}
	t.Fatal("no check character fits")
}

func TestLuhnIsAQuestionOfItsOwn(t *testing.T) {
	t.Parallel()
	require.True(t, claim.Luhn("79927398713")) // the textbook's
	require.True(t, claim.Luhn("6222021234567890128"))
	for _, bad := range []string{"", "79927398710", "7992739871x", "6222021234567890123"} {
		require.False(t, claim.Luhn(bad), bad)
	}
	_, err := claim.ParseAccount("6222021234567890123")
	require.NoError(t, err, "an account without a card's check digit is an account")
}

func TestOthersSeeLittle(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"13812345678": "138****5678", "+86 138 1234 5678": "138****5678", "": "****", "1381234": "****", "021-62345678": "****",
	} {
		require.Equal(t, want, claim.MaskPhone(in), in)
	}
	for in, want := range map[string]string{"李四": "李*", "李小龙": "李*", " 欧阳修": "欧*", "John": "J*", "": "", " ": ""} {
		require.Equal(t, want, claim.MaskName(in), in)
	}
	for in, want := range map[string]string{
		"6222021234567890123": "****0123", "6222 0212 3456 7890 123": "****0123", "12345678": "****5678", "1234567": "****", "": "****", "6222账号0123": "****",
	} {
		require.Equal(t, want, claim.MaskAccount(in), in)
	}
}

func TestMasksAndParsersTakeAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9A-Z京·Ｘ ]{0,24}`)).Draw(t, "s")
		for _, read := range []func(string) (string, error){
			claim.ParsePhone, claim.ParsePlate, claim.ParseVIN, claim.ParseIDCard, claim.ParseCreditCode, claim.ParseAccount,
		} {
			got, err := read(s)
			require.Equal(t, err != nil, got == "")
		}
		require.LessOrEqual(t, len([]rune(claim.MaskPhone(s))), 11)
		require.LessOrEqual(t, len([]rune(claim.MaskName(s))), 2)
		require.LessOrEqual(t, len(claim.MaskAccount(s)), 8)
		require.LessOrEqual(t, len(strings.TrimLeft(claim.MaskAccount(s), "*")), 4)
	})
}
