package claim_test

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/claim"
)

func TestASourceIsCitedInChinese(t *testing.T) {
	t.Parallel()
	for source, cited := range map[string]string{
		"Insurance Law art. 23(1)": "保险法第二十三条第一款",
		"Insurance Law art. 25":    "保险法第二十五条",
		"Civil Code art. 203(1)":   "民法典第二百零三条第一款",
		"SPC II art. 15":           "最高人民法院关于适用保险法若干问题的解释（二）第十五条",
		"Insurance Law art. 23(1); Compulsory Motor Insurance Regulation art. 29": "保险法第二十三条第一款；机动车交通事故责任强制保险条例第二十九条",
		"model motor clauses 2020, own damage art. 8":                             "机动车商业保险示范条款（2020版）机动车损失保险第八条",
		"国务院办公厅通知":                                                                "国务院办公厅通知",
	} {
		require.Equal(t, cited, claim.CitedZH(source))
	}
}

// Whoever adds a rule or a paper says its source in both languages.
func TestEverySourceHasItsChinese(t *testing.T) {
	t.Parallel()
	latin := regexp.MustCompile(`[A-Za-z]{3}`)
	for _, line := range []claim.Line{claim.Motor, claim.Property} {
		for _, rule := range claim.Rules(line, claim.Standard) {
			require.NotRegexp(t, latin, claim.CitedZH(rule.Source), rule.Clock)
		}
	}
	raw, err := os.ReadFile("../schemas/forms/checklists.json")
	require.NoError(t, err)
	var lists claim.Checklists
	require.NoError(t, json.Unmarshal(raw, &lists))
	for _, item := range lists.Items {
		require.NotRegexp(t, latin, claim.CitedZH(item.Source), item.Name)
	}
}
