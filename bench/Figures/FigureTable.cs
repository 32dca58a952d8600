using Insula.Bench.Measuring;

namespace Insula.Bench.Figures;

/// <summary>All figures, in the order of the report.</summary>
internal static class FigureTable
{
    public static IReadOnlyList<Figure> All { get; } =
        [
            LifeFigure.Create(), BurstFigure.Create(), MemoryFigure.Create(), DensityFigure.Create(), ProbeFigure.Create(), ExecFigure.Create(), LogFigure.Create(),
            ImageFigure.Create(), ApiFigure.Create(), IngressFigure.Create(), ServiceFigure.Create(),
        ];
}
