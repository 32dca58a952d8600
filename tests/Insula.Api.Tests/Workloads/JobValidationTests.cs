using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Workloads;

namespace Insula.Api.Tests.Workloads;

public sealed class JobValidationTests
{
    private const string Template = "template: {spec: {restartPolicy: Never, containers: [{name: main, image: busybox}]}}";

    [Theory]
    [InlineData(Template, "")]
    [InlineData($"completions: 5, parallelism: 2, completionMode: Indexed, {Template}", "")]
    [InlineData($"podFailurePolicy: {{rules: [{{action: FailJob, onExitCodes: {{operator: In, values: [1, 42]}}}}]}}, {Template}", "")]
    [InlineData($"completionMode: Indexed, parallelism: 2, {Template}", "spec.completions: Required value: when completion mode is Indexed")]
    [InlineData($"parallelism: -1, {Template}", "spec.parallelism: Invalid value: -1")]
    [InlineData("template: {spec: {containers: [{name: main, image: busybox}]}}", "spec.template.spec.restartPolicy: Unsupported value: \"Always\": supported values: \"OnFailure\", \"Never\"")]
    [InlineData($"selector: {{matchLabels: {{a: b}}}}, {Template}", "spec.selector: Invalid value: \"a=b\": `selector` not auto-generated")]
    [InlineData($"backoffLimitPerIndex: 1, {Template}", "spec.backoffLimitPerIndex: not supported yet")]
    [InlineData($"successPolicy: {{rules: []}}, {Template}", "spec.successPolicy: not supported yet")]
    [InlineData($"podFailurePolicy: {{rules: [{{action: FailIndex, onExitCodes: {{operator: In, values: [1]}}}}]}}, {Template}", "backoffLimitPerIndex is not supported yet")]
    [InlineData($"podFailurePolicy: {{rules: [{{action: FailJob}}]}}, {Template}", "specifying one of OnExitCodes and OnPodConditions is required")]
    [InlineData($"podFailurePolicy: {{rules: [{{action: FailJob, onExitCodes: {{operator: In, values: [0]}}}}]}}, {Template}", "must not be 0 for the In operator")]
    [InlineData($"podFailurePolicy: {{rules: [{{action: FailJob, onExitCodes: {{operator: In, values: [3, 2]}}}}]}}, {Template}", "must be ordered")]
    [InlineData($"podFailurePolicy: {{rules: [{{action: FailJob, onExitCodes: {{containerName: x, operator: In, values: [3]}}}}]}}, {Template}", "must be one of the container or initContainer names")]
    public void Jobs(string spec, string expected) => Compare(expected, WorkloadValidationTests.Problems("batch/v1", "Job", spec, Identified, d => JobValidation.Validate(ApiJson.Read<Job>(d))));

    [Theory]
    [InlineData($"schedule: '*/5 * * * *', timeZone: Europe/Berlin, jobTemplate: {{spec: {{{Template}}}}}", "")]
    [InlineData($"schedule: '', jobTemplate: {{spec: {{{Template}}}}}", "spec.schedule: Required value")]
    [InlineData($"schedule: '* * *', jobTemplate: {{spec: {{{Template}}}}}", "spec.schedule: Invalid value: \"* * *\": expected exactly 5 fields")]
    [InlineData($"schedule: 'TZ=UTC * * * * *', jobTemplate: {{spec: {{{Template}}}}}", "cannot use TZ or CRON_TZ in schedule")]
    [InlineData($"schedule: '@hourly', timeZone: Mars/Base, jobTemplate: {{spec: {{{Template}}}}}", "spec.timeZone: Invalid value: \"Mars/Base\": unknown time zone")]
    [InlineData($"schedule: '@hourly', concurrencyPolicy: Forbit, jobTemplate: {{spec: {{{Template}}}}}", "did you mean \"Forbid\"?")]
    [InlineData($"schedule: '@hourly', jobTemplate: {{spec: {{manualSelector: true, {Template}}}}}", "spec.jobTemplate.spec.manualSelector: Invalid value")]
    [InlineData("schedule: '@hourly', jobTemplate: {spec: {template: {spec: {containers: [{name: main, image: busybox}]}}}}", "spec.jobTemplate.spec.template.spec.restartPolicy: Unsupported value")]
    public void CronJobs(string spec, string expected) =>
        Compare(expected, WorkloadValidationTests.Problems("batch/v1", "CronJob", spec, JobDefaults.CronJob, d => JobValidation.Validate(ApiJson.Read<CronJob>(d))));

    [Fact]
    public void A_Job_keeps_its_labels_where_an_update_does_not_name_them()
    {
        var old = Identified(JsonNode.Parse("""{"metadata":{"name":"web"},"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"main","image":"i"}]}}}}""")!.AsObject());
        var changed = JsonNode.Parse("""{"metadata":{"name":"web"},"spec":{"parallelism":3,"completions":1,"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"main","image":"i"}]}}}}""")!.AsObject();
        JobDefaults.CarryOver(old, changed);
        changed = JobDefaults.Job(changed);
        Assert.Empty(JobValidation.ValidateUpdate(old, changed));
        changed["spec"]!["completions"] = 2;
        Assert.Equal("spec.completions", Assert.Single(JobValidation.ValidateUpdate(old, changed)).Path);
    }

    private static JsonObject Identified(JsonObject document)
    {
        document["metadata"]!["uid"] = "u";
        JobDefaults.Identify(document, "u");
        return JobDefaults.Job(document);
    }

    private static void Compare(string expected, string problems)
    {
        if (expected.Length == 0)
        {
            Assert.Equal("", problems);
        }
        else
        {
            Assert.Contains(expected, problems, StringComparison.Ordinal);
        }
    }
}
