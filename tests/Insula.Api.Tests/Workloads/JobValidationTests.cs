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
    [InlineData($"backoffLimitPerIndex: 1, {Template}", "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode")]
    [InlineData($"successPolicy: {{rules: []}}, {Template}", "spec.successPolicy: Invalid value: null: requires indexed completion mode")]
    [InlineData($"podFailurePolicy: {{rules: [{{action: FailIndex, onExitCodes: {{operator: In, values: [1]}}}}]}}, {Template}", "spec.podFailurePolicy.rules[0].action: Invalid value: \"FailIndex\": requires the backoffLimitPerIndex to be set")]
    [InlineData($"podReplacementPolicy: Never, {Template}", "spec.podReplacementPolicy")]
    [InlineData($"podFailurePolicy: {{rules: [{{action: FailJob}}]}}, {Template}", "specifying one of OnExitCodes and OnPodConditions is required")]
    [InlineData($"podFailurePolicy: {{rules: [{{action: FailJob, onExitCodes: {{operator: In, values: [0]}}}}]}}, {Template}", "must not be 0 for the In operator")]
    [InlineData($"podFailurePolicy: {{rules: [{{action: FailJob, onExitCodes: {{operator: In, values: [3, 2]}}}}]}}, {Template}", "must be ordered")]
    [InlineData($"podFailurePolicy: {{rules: [{{action: FailJob, onExitCodes: {{containerName: x, operator: In, values: [3]}}}}]}}, {Template}", "must be one of the container or initContainer names")]
    public void Jobs(string spec, string expected) => Compare(expected, WorkloadValidationTests.Problems("batch/v1", "Job", spec, Identified, d => JobValidation.Validate(ApiJson.Read<Job>(d))));

    [Theory]
    [InlineData("backoffLimitPerIndex: 2, maxFailedIndexes: 5, successPolicy: {rules: [{succeededIndexes: '0,2-3', succeededCount: 3}, {succeededCount: 5}]}", "")]
    [InlineData("backoffLimitPerIndex: 0, podFailurePolicy: {rules: [{action: FailIndex, onExitCodes: {operator: In, values: [1]}}]}", "")]
    [InlineData("successPolicy: {rules: [{succeededIndexes: ''}]}", "")]
    [InlineData("backoffLimitPerIndex: -1", "spec.backoffLimitPerIndex: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("backoffLimitPerIndex: 2147483648", "spec.backoffLimitPerIndex")]
    [InlineData("backoffLimitPerIndex: .nan", "spec.backoffLimitPerIndex")]
    [InlineData("maxFailedIndexes: 1", "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified")]
    [InlineData("backoffLimitPerIndex: 1, maxFailedIndexes: 6", "spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions")]
    [InlineData("backoffLimitPerIndex: 1, maxFailedIndexes: -6", "spec.maxFailedIndexes: Invalid value: -6")]
    [InlineData("successPolicy: {rules: []}", "spec.successPolicy.rules: Required value: at least one rules must be specified")]
    [InlineData("successPolicy: {}", "spec.successPolicy.rules")]
    [InlineData("successPolicy: {rules: [{}]}", "spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified")]
    [InlineData("successPolicy: {rules: [{succeededCount: -1}]}", "spec.successPolicy.rules[0].succeededCount: Invalid value: -1")]
    [InlineData("successPolicy: {rules: [{succeededCount: 6}]}", "must be less than or equal to 5 (the number of specified completions)")]
    [InlineData("successPolicy: {rules: [{succeededIndexes: '1-2', succeededCount: 3}]}", "must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)")]
    [InlineData("successPolicy: {rules: [{succeededIndexes: '5'}]}", "spec.successPolicy.rules[0].succeededIndexes: Invalid value: \"5\": error parsing succeededIndexes: too large index: \"5\"")]
    [InlineData("successPolicy: {rules: [{succeededIndexes: '99999999999999999999'}]}", "cannot convert string to integer for index")]
    [InlineData("successPolicy: {rules: [{succeededIndexes: '-1'}]}", "cannot convert string to integer for index: \"\"")]
    [InlineData("successPolicy: {rules: [{succeededIndexes: '1-2-3'}]}", "an index interval can have at most two parts separated by '-'")]
    [InlineData("successPolicy: {rules: [{succeededIndexes: '3,1'}]}", "non-increasing order, previous: 3, current: 1")]
    [InlineData("successPolicy: {rules: [{succeededIndexes: '3-3'}]}", "non-increasing order, previous: 3, current: 3")]
    [InlineData("successPolicy: {rules: [{succeededIndexes: '1,,2'}]}", "cannot convert string to integer for index: \"\"")]
    public void Indexes(string spec, string expected) => Jobs($"completions: 5, completionMode: Indexed, {spec}, {Template}", expected);

    [Fact]
    public void Long_lists_of_rules_and_indexes_are_refused()
    {
        Indexes($"successPolicy: {{rules: [{string.Join(", ", Enumerable.Repeat("{succeededCount: 1}", 21))}]}}", "spec.successPolicy.rules: Too many: 21: must have at most 20 items");
        Indexes($"successPolicy: {{rules: [{{succeededIndexes: '{new string('1', 65537)}'}}]}}", "spec.successPolicy.rules[0].succeededIndexes: Too long");
        Jobs($"podFailurePolicy: {{rules: [{{action: Count, onExitCodes: {{operator: In, values: [{string.Join(", ", Enumerable.Range(1, 256))}]}}}}]}}, {Template}", "Too many: 256: must have at most 255 items");
        Jobs($"podFailurePolicy: {{rules: [{{action: Count, onPodConditions: [{string.Join(", ", Enumerable.Repeat("{type: A}", 21))}]}}]}}, {Template}", "Too many: 21: must have at most 20 items");
    }

    [Theory]
    [InlineData("{}", 6)]
    [InlineData("{\"backoffLimitPerIndex\":0}", int.MaxValue)]
    [InlineData("{\"backoffLimitPerIndex\":0,\"backoffLimit\":2}", 2)]
    public void With_a_limit_of_each_index_there_is_none_of_all(string spec, int limit) =>
        Assert.Equal(limit, (int)JobDefaults.Job(new() { ["spec"] = JsonNode.Parse(spec) })["spec"]!["backoffLimit"]!);

    [Theory]
    [InlineData("backoffLimitPerIndex", "3", false)]
    [InlineData("successPolicy", "{\"rules\":[{\"succeededCount\":2}]}", false)]
    [InlineData("maxFailedIndexes", "2", true)]
    [InlineData("podReplacementPolicy", "\"Failed\"", true)]
    public void What_indexes_are_judged_by_does_not_change(string field, string value, bool mayChange)
    {
        var old = JsonNode.Parse("""{"spec":{"completionMode":"Indexed","completions":3,"backoffLimitPerIndex":1,"maxFailedIndexes":1,"successPolicy":{"rules":[{"succeededCount":1}]}}}""")!.AsObject();
        var changed = old.DeepClone().AsObject();
        changed["spec"]![field] = JsonNode.Parse(value);
        Assert.Equal(mayChange ? [] : [$"spec.{field}"], JobValidation.ValidateUpdate(old, changed).Select(e => e.Path));
    }

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
