package document

// Classify says which kind of paper has these lines on it, and how plainly, in
// basis points. Other is a text of no known kind, Unknown too little text.
// It never returns [LossPhoto]: that is told by the picture, not by its words.
func Classify(lines []Line) (Kind, int) {
	var texts [][]rune
	written := 0 // hanzi count for five, since they say as much
	for _, l := range lines[:min(len(lines), most)] {
		text := tight(fold(l.Text))
		texts = append(texts, []rune(text))
		if l.Confidence >= 5000 {
			written += len(texts[len(texts)-1]) + 4*countHanzi(text)
		}
	}
	best, first, second := Unknown, 0, 0
	for _, f := range forms {
		score := 0
		for _, m := range f.marks {
			if stands(texts, []rune(tight(m.word))) {
				score += m.weight
			}
		}
		switch {
		case score > first:
			best, first, second = f.kind, score, first
		case score > second:
			second = score
		}
	}
	if first < 7 || first == second {
		if written >= 60 {
			return Other, 5000
		}
		return Unknown, 0
	}
	// Full marks take a title's worth of words and a clear lead.
	return best, min(10000, 10000*min(first, 14)/14*(first-second)/first+1000)
}

func stands(texts [][]rune, word []rune) bool {
	for _, text := range texts {
		if _, _, _, ok := locate(text, word); ok {
			return true
		}
	}
	return false
}

// Strange reports whether a reader found text of no kind that is known on what
// was sent as one of them, or as nothing in particular: nothing of it may be
// taken for what it was said to be until a person has looked.
func Strange(said, read Kind) bool {
	if read != Other && read != Unknown {
		return false
	}
	switch said {
	case "", Unknown, VATInvoice, RepairEstimate, VehicleLicence, DrivingLicence, IDCard, BankCard, AccidentCertificate, BusinessLicence, MedicalReceipt:
		return true
	case LossPhoto, Agreement, Signature, VINPlate, Receipt, ClaimForm, Other:
	}
	return false
}

// StrangeDetail says so in words for the claimant, Chinese and English.
const StrangeDetail = "没有认出这是哪种单据，工作人员会查看；如果拍错了，请重新上传。 The kind of this paper was not recognised; a person will look at it. If it is the wrong one, please send another."
