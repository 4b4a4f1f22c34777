# docker build -t kms-verifier .
# docker run --rm --network none -v "$PWD:/work" kms-verifier check
# Not built by the tests. The program connects to nothing, so the container needs no network.
FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY docs docs
COPY grammar grammar
COPY verifier verifier
RUN python -m venv /opt/kms-verifier && /opt/kms-verifier/bin/pip install --no-cache-dir .

FROM python:3.12-slim
COPY --from=build /opt/kms-verifier /opt/kms-verifier
ENV PATH=/opt/kms-verifier/bin:$PATH PYTHONDONTWRITEBYTECODE=1
RUN useradd --create-home verifier
USER verifier
WORKDIR /work
ENTRYPOINT ["verifier"]
CMD ["check"]
