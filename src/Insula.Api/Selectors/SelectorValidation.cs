using Insula.Api.Meta;
using Insula.Api.Validation;

namespace Insula.Api.Selectors;

/// <summary>Checks label selectors as Kubernetes does (meta/v1 validation).</summary>
internal static class SelectorValidation
{
    public static void Validate(ErrorList at, LabelSelectorFields selector)
    {
        MetadataValidation.Labels(at.Field("matchLabels"), selector.MatchLabels);
        for (var i = 0; i < selector.MatchExpressions.Count; i++)
        {
            var one = selector.MatchExpressions[i];
            var expression = at.Field("matchExpressions").Index(i);
            if (Names.QualifiedName(one.Key) is { } complaint)
            {
                expression.Field("key").Invalid(one.Key, complaint);
            }

            for (var j = 0; j < one.Values.Count; j++)
            {
                if (Names.LabelValue(one.Values[j]) is { } wrong)
                {
                    expression.Field("values").Index(j).Invalid(one.Values[j], wrong);
                }
            }

            try
            {
                LabelSelector.From(new Dictionary<string, string>(), [one]);
            }
            catch (SelectorException e)
            {
                expression.Invalid(one.Operator, e.Message);
            }
        }
    }
}
