using Insula.Api.Disruptions;
using Insula.Api.Json;
using Insula.Api.Workloads;

namespace Insula.Api.Tests.Workloads;

public sealed class BudgetValidationTests
{
    [Theory]
    [InlineData("minAvailable: 1, selector: {matchLabels: {a: b}}", "")]
    [InlineData("maxUnavailable: 100%, selector: {}, unhealthyPodEvictionPolicy: AlwaysAllow", "")]
    [InlineData("minAvailable: 1, maxUnavailable: 1", "spec: Invalid value: null: minAvailable and maxUnavailable cannot be both set")]
    [InlineData("minAvailable: -1", "spec.minAvailable: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("minAvailable: 101%", "spec.minAvailable: Invalid value: \"101%\": must not be greater than 100%")]
    [InlineData("maxUnavailable: -5%", "spec.maxUnavailable: Invalid value: \"-5%\": a valid percent string must be a numeric string")]
    [InlineData("maxUnavailable: NaN%", "spec.maxUnavailable: Invalid value: \"NaN%\"")]
    [InlineData("maxUnavailable: 99999999999%", "spec.maxUnavailable: Invalid value: \"99999999999%\"")]
    [InlineData("maxUnavailable: 2147483648", "spec.maxUnavailable")]
    [InlineData("maxUnavailable: 1.5", "spec.maxUnavailable")]
    [InlineData("unhealthyPodEvictionPolicy: Never", "spec.unhealthyPodEvictionPolicy")]
    [InlineData("selector: {matchLabels: {'a b': c}}", "spec.selector.matchLabels")]
    [InlineData("minAvailble: 1", "did you mean \"minAvailable\"?")]
    public void Budgets(string spec, string expected)
    {
        var problems = WorkloadValidationTests.Problems("policy/v1", "PodDisruptionBudget", spec, WorkloadDefaults.Budget, d => BudgetValidation.Validate(ApiJson.Read<PodDisruptionBudget>(d)));
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
