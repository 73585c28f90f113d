package activities

// Operations names each message that a person sends to a claim, which is what
// its step is called, by the operation of the contract that sends it. Attempts
// that a rule stopped are logged under these names, whoever stopped them: the
// policy at the door or the step.
var Operations = map[string]string{
	"report":          "ReportClaim",
	"attach":          "AttachDocuments",
	"confirm":         "ConfirmDocument",
	"request-papers":  "RequestPapers",
	"propose-waiver":  "ProposeWaiver",
	"confirm-waiver":  "ConfirmWaiver",
	"withdraw-waiver": "WithdrawWaiver",
	"assign":          "AssignSurveyor",
	"accept":          "AcceptSurvey",
	"decline":         "DeclineSurvey",
	"convert":         "ConvertToVisit",
	"survey":          "FileSurvey",
	"assess":          "FileAssessment",
	"consent":         "ConsentOffer",
	"object":          "ObjectOffer",
	"review":          "FileReview",
	"decide-denial":   "DecideDenial",
	"agree":           "SignAgreement",
	"release":         "ReleasePayment",
	"correct-payee":   "CorrectPayee",
	"decide-transfer": "DecideTransfer",
	"link-policy":     "LinkPolicy",
	"withdraw":        "WithdrawClaim",
	"take":            "TakeTask",
	"put-back":        "PutBackTask",
	"resume":          "ResumeClaim",
	"hold":            "HoldEvidence",
	"note-finding":    "NoteFinding",
}

// operation is what a step's act is called in the log of refused attempts. A
// step that nobody asked for goes by its own name.
func operation(act string) string {
	if name, ok := Operations[act]; ok {
		return name
	}
	return act
}
