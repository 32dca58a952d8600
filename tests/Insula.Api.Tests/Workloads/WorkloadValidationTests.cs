using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Manifests;
using Insula.Api.Validation;
using Insula.Api.Values;
using Insula.Api.Workloads;

namespace Insula.Api.Tests.Workloads;

public sealed class WorkloadValidationTests
{
    private const string Template = "template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: busybox}]}}";
    private const string Selector = "selector: {matchLabels: {app: web}}";

    [Theory]
    [InlineData($"{Selector}, {Template}", "")]
    [InlineData($"replicas: 0, {Selector}, {Template}, strategy: {{type: Recreate}}", "")]
    [InlineData($"{Selector}, {Template}, strategy: {{rollingUpdate: {{maxSurge: 1, maxUnavailable: 0}}}}", "")]
    [InlineData($"{Selector}, {Template}, strategy: {{rollingUpdate: {{maxSurge: 150%, maxUnavailable: 100%}}}}", "")]
    [InlineData($"replicas: -1, {Selector}, {Template}", "spec.replicas: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData(Template, "spec.selector: Required value")]
    [InlineData($"selector: {{}}, {Template}", "empty selector is invalid for deployment")]
    [InlineData($"selector: {{matchLabels: {{app: api}}}}, {Template}", "spec.template.metadata.labels: Invalid value: \"app=web\": `selector` does not match template `labels`")]
    [InlineData($"selector: {{matchExpressions: [{{key: app, operator: In}}]}}, {Template}", "spec.selector.matchExpressions[0]")]
    [InlineData(Selector, "spec.template: Required value")]
    [InlineData($"{Selector}, template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: []}}}}", "spec.template.spec.containers: Required value")]
    [InlineData($"{Selector}, template: {{metadata: {{labels: {{app: web}}}}, spec: {{restartPolicy: Never, containers: [{{name: main, image: i}}]}}}}", "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"")]
    [InlineData($"{Selector}, template: {{metadata: {{labels: {{app: web}}}}, spec: {{activeDeadlineSeconds: 5, containers: [{{name: main, image: i}}]}}}}", "spec.template.spec.activeDeadlineSeconds: Forbidden")]
    [InlineData($"{Selector}, template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{{name: main, image: i, imge: x}}]}}}}", "spec.template.spec.containers[0].imge: unknown field, did you mean \"image\"?")]
    [InlineData($"{Selector}, {Template}, strategy: {{rollingUpdate: {{maxSurge: 0, maxUnavailable: 0%}}}}", "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 when `maxSurge` is 0")]
    [InlineData($"{Selector}, {Template}, strategy: {{rollingUpdate: {{maxSurge: some}}}}", "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"some\": a valid percent string")]
    [InlineData($"{Selector}, {Template}, strategy: {{rollingUpdate: {{maxUnavailable: 101%}}}}", "must not be greater than 100%")]
    [InlineData($"{Selector}, {Template}, strategy: {{rollingUpdate: {{maxUnavailable: -1}}}}", "maxUnavailable: Invalid value: -1")]
    [InlineData($"{Selector}, {Template}, strategy: {{type: Recreate, rollingUpdate: {{maxSurge: 1}}}}", "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'")]
    [InlineData($"{Selector}, {Template}, strategy: {{type: Recreat}}", "did you mean \"Recreate\"?")]
    [InlineData($"{Selector}, {Template}, minReadySeconds: 10, progressDeadlineSeconds: 10", "spec.progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds")]
    [InlineData($"{Selector}, {Template}, revisionHistoryLimit: -1", "spec.revisionHistoryLimit: Invalid value: -1")]
    public void Deployments(string spec, string expected)
    {
        var problems = Problems("apps/v1", "Deployment", spec, WorkloadDefaults.Deployment, d => WorkloadValidation.Validate(ApiJson.Read<Deployment>(d)));
        if (expected.Length == 0)
        {
            Assert.Equal("", problems);
        }
        else
        {
            Assert.Contains(expected, problems, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("2", "")]
    [InlineData("30%", "")]
    [InlineData("0", "spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0")]
    [InlineData("0%", "cannot be 0")]
    [InlineData("-1", "maxUnavailable: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("101%", "must not be greater than 100%")]
    [InlineData("some", "a valid percent string")]
    [InlineData("99999999999", "spec.updateStrategy.rollingUpdate.maxUnavailable")]
    public void Unavailable_pods_of_StatefulSets(string most, string expected) => Assert.Contains(
        expected,
        Problems("apps/v1", "StatefulSet", $"{Selector}, {Template}, updateStrategy: {{rollingUpdate: {{maxUnavailable: {most}}}}}", WorkloadDefaults.StatefulSet, d => WorkloadValidation.Validate(ApiJson.Read<StatefulSet>(d))),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("25%", 10, true, 3)]
    [InlineData("25%", 10, false, 2)]
    [InlineData("0%", 10, true, 0)]
    [InlineData("100%", 7, false, 7)]
    [InlineData("150%", 2, true, 3)]
    public void Percentages_are_rounded_as_is_asked(string text, int total, bool up, int expected) => Assert.Equal(expected, Portion.Of(new IntOrString(text), total, up));

    internal static string Problems(string version, string kind, string spec, Func<JsonObject, JsonObject> defaults, Func<JsonObject, IReadOnlyList<FieldError>> validate)
    {
        var parsed = Manifest.Parse($"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web}}\nspec: {{{spec}}}\n");
        var wrong = parsed.Problems().ToList();
        return string.Join('\n', wrong.Count > 0 ? wrong : validate(defaults(parsed.Documents[0].Object.DeepClone().AsObject())).Select(e => e.ToString()));
    }
}
